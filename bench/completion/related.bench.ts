import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BaseModel,
  loadBaseModel,
  loadFrozenWeights,
  type SupervisedExample,
  scoreExamples,
} from '@codebase-gardener/lora';
import { isCode } from '../../packages/gardener/src/codebase/languages/languages.js';
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
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import type { SearchResult } from '../../packages/gardener/src/retrieval/search/search.js';
import { gapBase } from '../../packages/gardener/src/training/data/gaps/gap-examples.js';
import { gapsInTurn } from '../../packages/gardener/src/training/data/gaps/gap-rows.js';
import { meanNll } from '../../packages/gardener/src/training/evaluation/statistics/file-sums.js';
import { bootstrapInterval } from '../../packages/gardener/src/training/evaluation/statistics/statistics.js';
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
    /** Of a prompt. */
    tokens: { type: 'string', default: '400' },
  },
});
/** What the search goes by, as in the product. */
const QUERY_LINES = 12;
/** Bytes, or tokens, around a gap: enough for the longest. */
const GAP_LENGTH = 512;
const SEED = 7;

/** Ways to choose the code of other files that is shown, from what a search has found; the first is compared with. */
const WAYS: Record<string, (before: string, found: readonly SearchResult[]) => SearchResult[]> = {
  'file alone': () => [],
  'whole chunks': (_, found) => found.slice(0, 4),
  passages: likePassages,
};

/** A place with a row for each way: its prompt, and what was really written there, which alone is scored. */
interface PlaceRows {
  path: string;
  rows: SupervisedExample[];
}

/**
 * What code of other files in a completion's prompt is worth: the loss of what was really written at places drawn from
 * whole codebases, of a base without adapter, nats a token, in prompts of one size. One JSON object a codebase.
 */
async function main(): Promise<void> {
  const baseFile = values.base === 'default' ? await defaultBaseModelFile() : values.base;
  await using base = await loadBaseModel(baseFile);
  const frozen = await loadFrozenWeights(base);
  const garden = await openGarden({ dataDir: join(benchCache, 'data'), settings: { threads: 2 } });
  const embedder = await startEmbedder(garden.settings, (id) => ensureModel(garden.paths, id, {}));
  try {
    for (const codebase of RECIPE_CODEBASES) {
      if (!values.codebases.split(',').includes(codebase.name)) continue;
      const places = await placesOf(codebase.name, fetchCodebase(codebase), base, embedder);
      const rows = places.flatMap((place) => place.rows);
      const sequenceLength = Math.max(...rows.map(({ tokens }) => tokens.length));
      const scores = await scoreExamples(base, null, rows, { frozen, sequenceLength });
      const ways = Object.keys(WAYS);
      const sums = places.map(({ path, rows: own }, place) => ({
        path,
        tokens: own[0]!.supervised.reduce((sum, bit) => sum + bit, 0),
        losses: own.map((row, way) => meanNll([row], [scores[place * ways.length + way]!])),
      }));
      const result = {
        ...{ codebase: codebase.name, base: basename(baseFile), promptTokens: Number(values.tokens) },
        ...{ places: places.length, ways: compared(sums, ways) },
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  } finally {
    await embedder.dispose();
  }
}

/** Draws places of all files, in an order that is not theirs, and asks at each in every way; its own file is hidden. */
async function placesOf(
  repository: string,
  root: string,
  base: BaseModel,
  embedder: Embedder,
): Promise<PlaceRows[]> {
  const files: ChunkedFile[] = [];
  for await (const item of chunkCodebase(root))
    if (isChunkedFile(item) && isCode(item.language)) files.push(item);
  const gaps = gapBase(base.tokenizer);
  const encode = (text: string) => base.tokenizer.encode(text);
  const most = Number(values.tokens);
  const sides = [...files]
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map((file) => ({ file, excludedLines: [] }));
  const drawn = gapsInTurn(sides, Number(values.places), gaps, {
    ...{ seed: SEED, sequenceLength: GAP_LENGTH, repository },
  });
  const index = await indexOf(root, embedder);
  const places: PlaceRows[] = [];
  for (const { path, gap, text } of drawn.flat()) {
    const file = files.find((one) => one.path === path)!;
    const start = file.text.indexOf(gap.before + text) + gap.before.length;
    const [before, after] = [file.text.slice(0, start), file.text.slice(start + text.length)];
    const query = before.split('\n').slice(-QUERY_LINES).join('\n').trim() || path;
    const found = await index.search(query, embedder, { k: PASSAGE_CANDIDATES, excludePaths: [path] });
    const rows: SupervisedExample[] = [];
    for (const way of Object.values(WAYS)) {
      const parts = {
        ...{ repository, path, pathLine: pathLine(path, file.language), before, after },
        results: way(before, found),
        pathLineOf: ({ chunk }: SearchResult) => pathLine(chunk.path, chunk.language),
      };
      const fitted = await fitCompletion(parts, most, async (part) => encode(part).length, most);
      const asked = { before: fitted.prompt + fitted.typed, after: fitted.suffix, place: fitted.place };
      const fills = gaps.gapTokens !== null && fitted.suffix.trim() !== '';
      const given = fills ? encodeGap(encode, gaps.gapTokens, asked) : encode(continuedText(asked));
      const tokens = Int32Array.from([...given, ...encode(text)]);
      rows.push({ tokens, supervised: new Uint8Array(tokens.length).fill(1, given.length) });
    }
    places.push({ path, rows });
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

/** The loss of each way, and by how much it is above the first's, with its 95 % interval by file. */
function compared(places: readonly { path: string; tokens: number; losses: number[] }[], ways: string[]) {
  const files = new Map<string, typeof places>();
  for (const place of places) files.set(place.path, [...(files.get(place.path) ?? []), place]);
  const mean = (some: typeof places, way: number) =>
    some.reduce((sum, { losses, tokens }) => sum + losses[way]! * tokens, 0) /
    some.reduce((sum, { tokens }) => sum + tokens, 0);
  return ways.map((name, way) => {
    const rise = (sample: readonly (typeof places)[]) => mean(sample.flat(), way) - mean(sample.flat(), 0);
    const { low, high } = bootstrapInterval([...files.values()], rise, { seed: SEED });
    return { name, loss: mean(places, way), above: { value: rise([places]), low, high } };
  });
}

await main();
