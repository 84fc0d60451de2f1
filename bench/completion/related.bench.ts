import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  loadBaseModel,
  loadFrozenWeights,
  type SupervisedExample,
  scoreExamples,
} from '@codebase-gardener/lora';
import type { SymbolGraph } from '../../packages/gardener/src/codebase/graph/symbol-graph.js';
import { isCode, languageOfPath } from '../../packages/gardener/src/codebase/languages/languages.js';
import { pathLine } from '../../packages/gardener/src/codebase/languages/path-line.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { type ChunkedFile, isChunkedFile } from '../../packages/gardener/src/codebase/read/chunked-file.js';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { continuedText, encodeGap } from '../../packages/gardener/src/models/runtime/fill-in-the-middle.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { fitCompletion } from '../../packages/gardener/src/prompt/fit-completion.js';
import { likePassages, PASSAGE_CANDIDATES } from '../../packages/gardener/src/prompt/like-passages.js';
import { startEmbedder } from '../../packages/gardener/src/retrieval/embedding/choose-embedder.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { declarationsNear } from '../../packages/gardener/src/retrieval/search/declarations-near.js';
import type { SearchResult } from '../../packages/gardener/src/retrieval/search/search.js';
import { gapBase } from '../../packages/gardener/src/training/data/gaps/gap-examples.js';
import { gapsInTurn } from '../../packages/gardener/src/training/data/gaps/gap-rows.js';
import { bootstrapInterval } from '../../packages/gardener/src/training/evaluation/statistics/statistics.js';
import { benchCache } from '../inputs/bench-cache.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { RECIPE_CODEBASES } from '../recipe/codebases.js';

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: 'default' },
    codebases: { type: 'string', default: 'starlette,rxjs' },
    places: { type: 'string', default: '60' },
    tokens: { type: 'string', default: '400' },
    ways: { type: 'string' },
  },
});

interface Found {
  before: string;
  after: string;
  path: string;
  whole: SearchResult[];
  graph: SymbolGraph | null;
}
/** Code shown, best first. */
type Way = (found: Found) => SearchResult[];

const WAYS: Record<string, Way> = {
  'file alone': () => [],
  'whole chunks': ({ whole }) => whole.slice(0, 4),
  passages: ({ before, whole }) => likePassages(before, whole),
  'signatures, passages': (found) => [...signatures(found), ...likePassages(found.before, found.whole)],
};

/** How what is named right before the place is declared. */
function signatures({ before, after, path, graph, whole }: Found): SearchResult[] {
  const like = whole[0];
  if (graph === null || like === undefined) return [];
  return declarationsNear(graph, { path, before, after }).map((one) => ({
    ...like,
    chunk: {
      ...like.chunk,
      ...one,
      language: languageOfPath(one.path)?.id ?? 'text',
      startLine: 1,
      endLine: 1,
    },
  }));
}

const baseFile = values.base === 'default' ? await defaultBaseModelFile() : values.base;
await using base = await loadBaseModel(baseFile);
const frozen = await loadFrozenWeights(base);
const gaps = gapBase(base.tokenizer);
const encode = (text: string) => base.tokenizer.encode(text);
const { paths, settings } = await openGarden({ dataDir: join(benchCache, 'data'), settings: { threads: 2 } });
const embedder = await startEmbedder(settings, (id) => ensureModel(paths, id, {}));
const ways = Object.entries(WAYS).filter(([name]) => !values.ways || values.ways.split(',').includes(name));
try {
  for (const codebase of RECIPE_CODEBASES.filter(({ name }) => values.codebases.split(',').includes(name))) {
    const root = fetchCodebase(codebase);
    const files: ChunkedFile[] = [];
    for await (const item of chunkCodebase(root))
      if (isChunkedFile(item) && isCode(item.language)) files.push(item);
    const data = join(benchCache, 'related');
    rmSync(data, { recursive: true, force: true });
    mkdirSync(join(data, 'projects', 'related'), { recursive: true });
    const index = new ProjectIndex(new GardenPaths(data), 'related');
    await index.update(chunkCodebase(root), embedder, { root });
    const graph = await index.symbolGraph();
    const sides = files.map((file) => ({ file, excludedLines: [] }));
    const drawn = gapsInTurn(shuffled(sides), Number(values.places), gaps, {
      seed: 7,
      sequenceLength: 512,
      repository: codebase.name,
    });
    const rows: { path: string; examples: SupervisedExample[]; shown: number[] }[] = [];
    for (const gap of drawn.flat()) {
      const file = files.find(({ path }) => path === gap.path)!;
      const at = file.text.indexOf(gap.gap.before + gap.text);
      if (at < 0) continue;
      const start = at + gap.gap.before.length;
      const before = file.text.slice(0, start);
      const after = file.text.slice(start + gap.text.length);
      const query = before.split('\n').slice(-12).join('\n').trim() || gap.path;
      const whole = await index.search(query, embedder, { k: PASSAGE_CANDIDATES, excludePaths: [gap.path] });
      const examples: SupervisedExample[] = [];
      const shown: number[] = [];
      for (const [, way] of ways) {
        const parts = {
          ...{
            repository: codebase.name,
            path: gap.path,
            pathLine: pathLine(gap.path, file.language),
            before,
            after,
          },
          results: way({ before, after, path: gap.path, whole, graph }),
          pathLineOf: ({ chunk }: SearchResult) => pathLine(chunk.path, chunk.language),
        };
        const fitted = await fitCompletion(
          parts,
          Number(values.tokens),
          async (text) => encode(text).length,
          Number(values.tokens),
        );
        const asked = { before: fitted.prompt + fitted.typed, after: fitted.suffix, place: fitted.place };
        const given =
          gaps.gapTokens !== null && fitted.suffix.trim() !== ''
            ? encodeGap(encode, gaps.gapTokens, asked)
            : encode(continuedText(asked));
        const tokens = Int32Array.from([...given, ...encode(gap.text)]);
        examples.push({ tokens, supervised: new Uint8Array(tokens.length).fill(1, given.length) });
        shown.push(fitted.place.files.length);
      }
      rows.push({ path: gap.path, examples, shown });
    }
    const all = rows.flatMap(({ examples }) => examples);
    const began = performance.now();
    const scores = await scoreExamples(base, null, all, {
      frozen,
      sequenceLength: Math.max(...all.map(({ tokens }) => tokens.length)),
    });
    const seconds = (performance.now() - began) / 1000;
    const nll = (row: number, way: number) => sum(scores[row * ways.length + way]!.nll);
    const count = (row: number) => rows[row]!.examples[0]!.supervised.reduce((a, b) => a + b, 0);
    const loss = (picked: number[], way: number) =>
      sum(picked.map((row) => nll(row, way))) / sum(picked.map(count));
    const every = rows.map((_, row) => row);
    const grouped = new Map<string, number[]>();
    for (const row of every) grouped.set(rows[row]!.path, [...(grouped.get(rows[row]!.path) ?? []), row]);
    const byFile = [...grouped.values()];
    const out = ways.map(([name], way) => {
      const { low, high } = bootstrapInterval(
        byFile,
        (sample) => loss(sample.flat(), way) - loss(sample.flat(), 0),
        { seed: 1 },
      );
      return {
        name,
        loss: +loss(every, way).toFixed(4),
        less: +(loss(every, way) - loss(every, 0)).toFixed(4),
        low: +low.toFixed(4),
        high: +high.toFixed(4),
        shown: rows.filter(({ shown }) => shown[way]! > 0).length,
      };
    });
    console.log(
      JSON.stringify({
        codebase: codebase.name,
        base: baseFile.split('/').at(-1),
        tokens: values.tokens,
        places: rows.length,
        seconds: Math.round(seconds),
        scored: sum(all.map(({ tokens }) => tokens.length)),
      }),
    );
    for (const line of out) console.log(JSON.stringify(line));
    index.close();
  }
} finally {
  await embedder.dispose();
}

function sum(numbers: ArrayLike<number> | readonly number[]): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i]!;
  return total;
}

function shuffled<T>(list: readonly T[]): T[] {
  let state = 12345;
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const j = state % (i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
