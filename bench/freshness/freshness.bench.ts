// What it costs to keep an index fresh, on a copy of a codebase of your choice:
//   npm run bench:freshness -- <folder> [edits] [switches]
// Prints one JSON object a part, the summary last. BENCH_EMBEDDING_MODEL names a folder with
// the embedding model on disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { walkCodebase } from '../../packages/gardener/src/codebase/walk/walk.js';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { startEncoder } from '../../packages/gardener/src/retrieval/embedding/encoder.js';
import { wordEmbedder } from '../../packages/gardener/src/retrieval/embedding/word-embedder.fixture.js';
import { followCodebase } from '../../packages/gardener/src/retrieval/index/follow-codebase.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { refreshIndex } from '../../packages/gardener/src/retrieval/index/refresh-index.js';
import { embeddingModelDirectory } from '../inputs/default-models.js';

const [source, editsWanted = '10', switchesWanted = '50', modelOfFollower = ''] = process.argv.slice(2);
if (source === undefined) throw new Error('which folder?');
const isFollower = editsWanted === '--follow';
const MODEL = 'all-minilm-l6-v2';
/** A switch changes one Python file in this many. */
const ONE_IN = 20;

const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const work = isFollower ? switchesWanted : mkdtempSync(join(tmpdir(), 'gardener-freshness-'));
const root = join(work, 'code');
const paths = new GardenPaths(join(work, 'data'));
const git = (...command: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...command], {
    cwd: root,
    stdio: 'ignore',
    maxBuffer: 2 ** 30,
  });

if (isFollower) await follow(join(work, 'data'), root, modelOfFollower);
else await main();

async function main(): Promise<void> {
  try {
    cpSync(source!, root, { recursive: true, filter: (path) => !/[\\/]\.git$/.test(path) });
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'first');
    mkdirSync(paths.project('p'), { recursive: true });
    const index = new ProjectIndex(paths, 'p');
    // Only the edits need the model itself: the vectors of the first index are made without it, in the same size.
    const quick = wordEmbedder(MODEL, 384);
    const before = performance.now();
    const first = await refreshIndex(index, root, quick);
    const { files, chunks } = first;
    print({ part: 'first', filesIndexed: files.indexed, filesSeen: files.seen, chunks, ms: msSince(before) });
    const edits = await measureEdits(Number(editsWanted));
    print({ part: 'edits', ...edits });
    const switches = await measureSwitches(quick, Number(switchesWanted));
    print({ part: 'switches', ...switches });
    index.close();
    print({ filesIndexed: files.indexed, chunks, editToFoundMs: edits.editToFoundMs, ...switches });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * From the write of a file to the answer of a search that finds it, while another process follows the
 * codebase as `gardener watch` does.
 */
async function measureEdits(count: number) {
  const model = { id: MODEL, format: 'bert' as const, directory: await embeddingModelDirectory() };
  const embedder = await startEncoder(model, { threads: 2 });
  const reader = new ProjectIndex(paths, 'p');
  const command = [...process.execArgv, process.argv[1]!, source!, '--follow', work, model.directory];
  const follower = spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const updateEnd = () => once(follower, 'message') as Promise<[{ changed: number }]>;
  await updateEnd();
  const file = (await walkCodebase(root)).files.find(({ language }) => language === 'python')!;
  await reader.search('a first question reads the symbol graph', embedder, { k: 1 });
  const times: number[] = [];
  const wholeTimes: number[] = [];
  const graphTimes: number[] = [];
  const rankTimes: number[] = [];
  for (let i = 0; i < count; i++) {
    await delay(1_000);
    const name = `marsupial_${i}_${Date.now().toString(36)}`;
    const before = (await reader.manifest())!.indexedAt;
    const ended = updateEnd();
    const start = performance.now();
    appendFileSync(file.absolutePath, `\ndef ${name}(x):\n    return x + ${i}\n`);
    // Asked once the rows are in and not again and again: a search takes a core for a while,
    // which the update would miss.
    while ((await reader.manifest())!.indexedAt === before) await delay(5);
    const [found] = await reader.search(name, embedder, { k: 1 });
    times.push(msSince(start));
    if (!found?.chunk.text.includes(name)) throw new Error('the edit was not found');
    await ended;
    wholeTimes.push(msSince(start));
    const asked = performance.now();
    const graph = (await reader.symbolGraph())!;
    graph.dependents(found.chunk);
    graphTimes.push(msSince(asked));
    const ranked = performance.now();
    if (graph.named(name).length !== 1) throw new Error('the symbol graph does not have the edit');
    rankTimes.push(msSince(ranked));
  }
  follower.kill();
  await embedder.dispose();
  reader.close();
  return {
    editToFoundMs: { ...spread(times), all: times },
    withSymbolGraphMs: spread(wholeTimes),
    /** What the edit cost the one who asks the graph next, and the one who asks for ranks. */
    graphAskedMs: spread(graphTimes),
    ranksAskedMs: spread(rankTimes),
  };
}

function spread(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, max: sorted.at(-1)! };
}

/** The process that follows: tells of the end of every update. */
async function follow(data: string, code: string, directory: string): Promise<void> {
  const embedder = await startEncoder({ id: MODEL, format: 'bert', directory }, { threads: 2 });
  const index = new ProjectIndex(new GardenPaths(data), 'p');
  await followCodebase(code, {
    index,
    embedder,
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.type === 'update-end') process.send?.({ changed: event.changed });
      else if (event.type === 'update-failed') process.stderr.write(`${event.error.message}\n`);
    },
  });
}

/** A checkout there and back, again and again, with a reader that searches after each. */
async function measureSwitches(embedder: Embedder, count: number) {
  git('add', '-A');
  git('commit', '-qm', 'edits');
  git('checkout', '-q', '-b', 'other');
  const files = (await walkCodebase(root)).files.filter(({ language }) => language === 'python');
  const touched = files.filter((_, i) => i % ONE_IN === 0);
  for (const [i, { absolutePath }] of touched.entries())
    appendFileSync(absolutePath, `\ndef only_on_the_branch_${i}(value):\n    return value * ${i}\n`);
  git('commit', '-qam', 'other');
  const [index, reader] = [new ProjectIndex(paths, 'p'), new ProjectIndex(paths, 'p')];
  const bytes: number[] = [];
  const times: number[] = [];
  let embeddedLate = 0;
  for (let i = 0; i < count; i++) {
    git('checkout', '-q', i % 2 === 0 ? 'main' : 'other');
    const start = performance.now();
    await refreshIndex(index, root, embedder, {
      verify: false,
      onProgress: ({ embedded }) => {
        if (i >= 2) embeddedLate = Math.max(embeddedLate, embedded);
      },
    });
    times.push(msSince(start));
    if ((await reader.search('value', embedder, { k: 1 })).length !== 1)
      throw new Error('the reader lost it');
    bytes.push(bytesBelow(paths.index('p')));
  }
  index.close();
  reader.close();
  const sorted = [...times].sort((a, b) => a - b);
  return {
    switches: count,
    filesChangedBySwitch: touched.length,
    switchMs: { median: sorted[sorted.length >> 1]!, max: sorted.at(-1)! },
    embeddedAfterSecond: embeddedLate,
    bytesAfterSecond: bytes[1]!,
    bytesAtEnd: bytes.at(-1)!,
    growth: Math.max(...bytes.slice(2)) / bytes[1]!,
  };
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  return bytes;
}

function msSince(start: number): number {
  return Math.round(performance.now() - start);
}
