import { loadFrozenWeights, scoreExamples } from '@codebase-gardener/lora';
import { isCode } from '../../packages/gardener/src/codebase/languages/languages.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { isChunkedFile } from '../../packages/gardener/src/codebase/read/chunked-file.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { baseOfAdapter } from '../../packages/gardener/src/training/adapters/adapter-base.js';
import { adapterStrength, loadAdapter } from '../../packages/gardener/src/training/adapters/adapter-store.js';
import { openBase } from '../../packages/gardener/src/training/adapters/open-base.js';
import { codeWindows } from '../../packages/gardener/src/training/data/code-windows.js';
import { drawWindows, windowExample } from '../../packages/gardener/src/training/data/split/held-out.js';
import type { SplitFile } from '../../packages/gardener/src/training/data/split/split.js';
import { relativeImprovement } from '../../packages/gardener/src/training/evaluation/statistics/statistics.js';
import type { GardenerCommand } from '../pipeline/gardener-command.js';

const LENGTH = 256;
/** Of files that are touched, spread over them. */
const MAX_TOKENS = 20_000;
const SEED = 1;

/**
 * The loss of each adapter on the code files among `touched`, nats a token, and by how much it lies below the first's,
 * paired by file with its 95 % interval.
 * @param versions null for the base alone; the first of them is what the others are compared with
 */
export async function lossesOn(
  gardener: GardenerCommand,
  root: string,
  touched: readonly string[],
  versions: Record<string, number | null>,
) {
  const wanted = new Set(touched);
  const sides: SplitFile[] = [];
  for await (const item of chunkCodebase(root))
    if (isChunkedFile(item) && isCode(item.language) && wanted.has(item.path))
      sides.push({ file: item, excludedLines: [] });
  const { paths, registry } = await openGarden({ dataDir: gardener.dataDir });
  const [project] = await registry.list();
  if (project === undefined) throw new Error('there is no project');
  const any = Object.values(versions).find((version) => version !== null) ?? 1;
  await using base = await openBase(paths, await baseOfAdapter(paths, project, any));
  const frozen = await loadFrozenWeights(base);
  const perFile = drawWindows(
    sides.map((side) => codeWindows(side, base.tokenizer, LENGTH)),
    MAX_TOKENS,
    SEED,
  ).map((windows) => windows.map(windowExample));
  const examples = perFile.flat();
  const files: Record<string, { nll: number; tokens: number }[]> = {};
  for (const [name, version] of Object.entries(versions)) {
    if (name !== 'base' && version === null) continue;
    const directory = version === null ? null : paths.adapter(project.id, version);
    const adapter =
      directory === null ? null : await loadAdapter(directory, base, await adapterStrength(directory));
    const scores = await scoreExamples(base, adapter, examples, { frozen, sequenceLength: LENGTH });
    let next = 0;
    files[name] = perFile.map((own) => {
      const sums = { nll: 0, tokens: 0 };
      for (const { supervised } of own) {
        for (const [at, loss] of scores[next++]!.nll.entries()) {
          if (at === 0 || supervised[at] !== 1) continue;
          sums.nll += loss;
          sums.tokens++;
        }
      }
      return sums;
    });
  }
  const [first = []] = Object.values(files);
  return {
    files: first.length,
    losses: Object.fromEntries(
      Object.entries(files).map(([name, own]) => {
        const sum = (of: 'nll' | 'tokens') => own.reduce((total, file) => total + file[of], 0);
        const pairs = own.map(({ nll, tokens }, i) => ({ base: first[i]!.nll, adapter: nll, tokens }));
        return [name, { loss: sum('nll') / sum('tokens'), belowBase: relativeImprovement(pairs, SEED) }];
      }),
    ),
  };
}
