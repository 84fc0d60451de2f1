import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadBaseModel, loadFrozenWeights, scoreExamples } from '@codebase-gardener/lora';
import { isCode } from '../../packages/gardener/src/codebase/languages/languages.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { type ChunkedFile, isChunkedFile } from '../../packages/gardener/src/codebase/read/chunked-file.js';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { PASSAGE_CANDIDATES } from '../../packages/gardener/src/prompt/like-passages.js';
import { startEmbedder } from '../../packages/gardener/src/retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { type GapBase, gapBase } from '../../packages/gardener/src/training/data/gaps/gap-examples.js';
import { gapsInTurn } from '../../packages/gardener/src/training/data/gaps/gap-rows.js';
import {
  type CompletionPlace,
  completionPlaces,
} from '../../packages/gardener/src/training/data/known/completion-places.js';
import { meanNll } from '../../packages/gardener/src/training/evaluation/statistics/file-sums.js';
import { bootstrapInterval } from '../../packages/gardener/src/training/evaluation/statistics/statistics.js';
import {
  type PlaceLoss,
  placeRow,
} from '../../packages/gardener/src/training/evaluation/uses/choose-retrieval.js';
import { benchCache } from '../inputs/bench-cache.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { RECIPE_CODEBASES } from '../recipe/codebases.js';

const { values } = parseArgs({
  options: {
    /** A GGUF file, or `default` for the embedded base. */
    base: { type: 'string', default: 'default' },
    /** Names with commas, of those that recipes are tuned on. */
    codebases: { type: 'string', default: 'starlette,rxjs' },
    places: { type: 'string', default: '50' },
    /** Of a place: its prompt, and what is written there. As the gate measures. */
    tokens: { type: 'string', default: '512' },
  },
});
/** Bytes, or tokens, around a gap: enough for the longest. */
const GAP_LENGTH = 512;
const SEED = 7;
const WAYS = ['alone', 'retrieved'] as const;

/**
 * What code of other files in a completion's prompt is worth: the loss of what was really written at places drawn from
 * whole codebases, with the file alone and with related code, of a base without adapter, nats a token. One JSON object
 * a codebase.
 */
async function main(): Promise<void> {
  const baseFile = values.base === 'default' ? await defaultBaseModelFile() : values.base;
  await using base = await loadBaseModel(baseFile);
  const frozen = await loadFrozenWeights(base);
  const garden = await openGarden({ dataDir: join(benchCache, 'data'), settings: { threads: 2 } });
  const embedder = await startEmbedder(garden.settings, (id) => ensureModel(garden.paths, id, {}));
  const gaps = gapBase(base.tokenizer);
  try {
    for (const codebase of RECIPE_CODEBASES) {
      if (!values.codebases.split(',').includes(codebase.name)) continue;
      const places = await placesOf(codebase.name, fetchCodebase(codebase), gaps, embedder);
      const rows = places.flatMap((place) => WAYS.map((way) => placeRow(place[way], place.text, gaps)));
      const sequenceLength = Math.max(...rows.map(({ tokens }) => tokens.length));
      const scores = await scoreExamples(base, null, rows, { frozen, sequenceLength });
      const losses = places.map(({ path }, place) => {
        const [alone, retrieved] = WAYS.map((_, way) => {
          const at = place * WAYS.length + way;
          return meanNll([rows[at]!], [scores[at]!]);
        });
        const tokens = rows[place * WAYS.length]!.supervised.reduce((sum, bit) => sum + bit, 0);
        return { path, tokens, alone: alone!, retrieved: retrieved! };
      });
      const result = {
        ...{ codebase: codebase.name, base: basename(baseFile), tokens: Number(values.tokens) },
        ...{ places: places.length, ...compared(losses) },
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  } finally {
    await embedder.dispose();
  }
}

/** Draws places from all files, in an order that is not theirs; at each its own file is hidden. */
async function placesOf(
  repository: string,
  root: string,
  base: GapBase,
  embedder: Embedder,
): Promise<CompletionPlace[]> {
  const files: ChunkedFile[] = [];
  for await (const item of chunkCodebase(root))
    if (isChunkedFile(item) && isCode(item.language)) files.push(item);
  const sides = [...files]
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map((file) => ({ file, excludedLines: [] }));
  const drawn = gapsInTurn(sides, Number(values.places), base, {
    ...{ seed: SEED, sequenceLength: GAP_LENGTH, repository },
  });
  const index = await indexOf(root, embedder);
  const places: CompletionPlace[] = [];
  for (const [side, gaps] of drawn.entries()) {
    const { path } = sides[side]!.file;
    const found = await completionPlaces([{ path, gaps }], files, {
      ...{ repository, contextTokens: Number(values.tokens), count: gaps.length },
      countTokens: (text) => base.tokenizer.encode(text).length,
      search: (query) => index.search(query, embedder, { k: PASSAGE_CANDIDATES, excludePaths: [path] }),
    });
    places.push(...found);
  }
  index.close();
  return places;
}

async function indexOf(root: string, embedder: Embedder): Promise<ProjectIndex> {
  const paths = new GardenPaths(join(benchCache, 'related'));
  rmSync(paths.projects, { recursive: true, force: true });
  mkdirSync(join(paths.projects, 'related'), { recursive: true });
  const index = new ProjectIndex(paths, 'related');
  await index.update(chunkCodebase(root), embedder, { root });
  return index;
}

/** Both losses, and by how much the one with related code is higher, with its 95 % interval by file. */
function compared(places: readonly PlaceLoss[]) {
  const files = new Map<string, PlaceLoss[]>();
  for (const place of places) files.set(place.path, [...(files.get(place.path) ?? []), place]);
  const mean = (some: readonly PlaceLoss[], way: (typeof WAYS)[number]) =>
    some.reduce((sum, place) => sum + place[way] * place.tokens, 0) /
    some.reduce((sum, { tokens }) => sum + tokens, 0);
  const rise = (sample: readonly PlaceLoss[][]) => {
    const some = sample.flat();
    return mean(some, 'retrieved') - mean(some, 'alone');
  };
  const { low, high } = bootstrapInterval([...files.values()], rise, { seed: SEED });
  const [alone, retrieved] = [mean(places, 'alone'), mean(places, 'retrieved')];
  return { alone, retrieved, higher: { value: retrieved - alone, low, high } };
}

await main();
