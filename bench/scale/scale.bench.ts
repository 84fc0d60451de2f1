// Indexes a large tree in pieces, each of which is killed (SIGKILL) at a random moment, until it is done:
//   npm run bench:scale -- --work DIR --lines 1000000 --minutes 3 [--model none] FOLDER...
// The tree is put together once from the sources below the folders. One call is one piece; it prints one JSON
// object, with `done: true` and the whole account when the index is complete. `--model none` leaves the embedding
// out: everything else remains.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { startEncoder } from '../../packages/gardener/src/retrieval/embedding/encoder.js';
import { wordEmbedder } from '../../packages/gardener/src/retrieval/embedding/word-embedder.fixture.js';
import { indexingEnvironment } from '../../packages/gardener/src/retrieval/index/indexing-process.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { refreshIndex } from '../../packages/gardener/src/retrieval/index/refresh-index.js';
import { embeddingModelDirectory } from '../inputs/default-models.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string' },
    lines: { type: 'string', default: '1000000' },
    minutes: { type: 'string', default: '3' },
    model: { type: 'string', default: 'all-minilm-l6-v2' },
    child: { type: 'boolean', default: false },
  },
});
if (values.work === undefined) throw new Error('--work DIR?');
const work = values.work;
const root = join(work, 'code');
const paths = new GardenPaths(join(work, 'data'));
const EMBEDDED = join(work, 'embedded.log');
const PIECES = join(work, 'pieces.jsonl');
const ENDINGS = new Set([
  '.py',
  '.ts',
  '.tsx',
  '.js',
  '.mjs',
  '.cjs',
  '.go',
  '.rs',
  '.java',
  '.c',
  '.h',
  '.cpp',
  '.rb',
]);

if (values.child) await indexAll();
else await piece();

/** What one process does: brings the index up to date and notes every text that is embedded. */
async function indexAll(): Promise<void> {
  const embedder = noting(
    values.model === 'none'
      ? wordEmbedder('none', 384)
      : await startEncoder(
          { id: values.model, format: 'bert', directory: await embeddingModelDirectory() },
          { threads: 2 },
        ),
  );
  mkdirSync(paths.project('p'), { recursive: true });
  const index = new ProjectIndex(paths, 'p');
  const manifest = await refreshIndex(index, root, embedder);
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  index.close();
  await embedder.dispose();
}

function noting(embedder: Embedder): Embedder {
  return {
    ...embedder,
    id: embedder.id,
    dimension: embedder.dimension,
    dispose: () => embedder.dispose(),
    async embed(texts, signal) {
      const vectors = await embedder.embed(texts, signal);
      const hashes = texts.map((text) => createHash('sha256').update(text).digest('base64').slice(0, 16));
      appendFileSync(EMBEDDED, `${hashes.join('\n')}\n`);
      return vectors;
    },
  };
}

async function piece(): Promise<void> {
  const tree = existsSync(join(work, 'tree.json'))
    ? JSON.parse(readFileSync(join(work, 'tree.json'), 'utf8'))
    : assemble(positionals, Number(values.lines));
  const limitMs = Number(values.minutes) * 60_000;
  // The last piece needs all its time; the others are killed somewhere in the second half of theirs.
  const killAfterMs = limitMs * (0.5 + Math.random() / 2);
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1]!, ...process.argv.slice(2), '--child'],
    { stdio: ['ignore', 2, 2], env: indexingEnvironment() },
  );
  let ended: number | null | undefined;
  child.once('exit', (code) => {
    ended = code;
  });
  let peakBytes = 0;
  while (ended === undefined && performance.now() - start < killAfterMs) {
    peakBytes = Math.max(peakBytes, residentBytes(child));
    await delay(200);
  }
  const wasKilled = ended === undefined;
  if (wasKilled) child.kill('SIGKILL');
  else if (ended !== 0) throw new Error(`the indexing process ended with ${ended}`);
  const seconds = (performance.now() - start) / 1_000;
  appendFileSync(PIECES, `${JSON.stringify({ seconds, peakBytes, wasKilled })}\n`);
  // Its embedding process ends with it, but not in the same moment.
  await delay(1_000);
  report(tree, !wasKilled);
}

function report(tree: object, done: boolean): void {
  const pieces = linesOf(PIECES).map((line) => JSON.parse(line));
  const hashes = linesOf(EMBEDDED);
  const seconds = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
  const account = {
    done,
    ...tree,
    model: values.model,
    seconds: Math.round(seconds),
    interruptions: pieces.filter(({ wasKilled }) => wasKilled).length,
    peakRssBytes: Math.max(...pieces.map(({ peakBytes }) => peakBytes)),
    embedded: hashes.length,
    embeddedTwice: hashes.length - new Set(hashes).size,
    embeddedPerSecond: hashes.length / seconds,
    indexBytes: bytesBelow(paths.index('p')),
    cacheBytes: bytesBelow(join(paths.root, 'cache')),
  };
  const manifest = done ? JSON.parse(readFileSync(join(work, 'manifest.json'), 'utf8')) : {};
  const { chunks, files } = manifest;
  process.stdout.write(`${JSON.stringify({ ...account, ...(done ? { chunks, files } : {}) })}\n`);
}

/**
 * Copies sources until there are enough lines. Folders are renamed where the walk would take
 * them for installed packages.
 */
function assemble(
  folders: readonly string[],
  lines: number,
): { lines: number; sourceFiles: number; bytes: number } {
  let [count, sourceFiles, bytes] = [0, 0, 0];
  for (const [number, folder] of folders.entries()) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (count >= lines) break;
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !ENDINGS.has(extname(entry.name)) || statSync(file).size > 2 ** 20) continue;
      const within = relative(folder, file)
        .split(/[\\/]/)
        .map((part) =>
          /^(?:node_modules|vendor|site-packages|dist|\.git)$/.test(part) ? `${part}-copy` : part,
        );
      const target = join(root, `part${number}`, ...within);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file, target);
      const text = readFileSync(file);
      count += text.toString('latin1').split('\n').length;
      bytes += text.length;
      sourceFiles++;
    }
  }
  if (count < lines) process.stderr.write(`only ${count} lines were found below ${folders.join(', ')}\n`);
  const tree = { lines: count, sourceFiles, bytes };
  writeFileSync(join(work, 'tree.json'), JSON.stringify(tree));
  return tree;
}

/** Resident memory of a process and of those it started. */
function residentBytes({ pid }: ChildProcess): number {
  const own = /VmRSS:\s+(\d+) kB/.exec(textOf(`/proc/${pid}/status`))?.[1];
  const children = textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  const theirs = children.map((child) => /VmRSS:\s+(\d+) kB/.exec(textOf(`/proc/${child}/status`))?.[1] ?? 0);
  return [own ?? 0, ...theirs].reduce<number>((sum, kilobytes) => sum + Number(kilobytes) * 1024, 0);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linesOf(file: string): string[] {
  return textOf(file).split('\n').filter(Boolean);
}

function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  return bytes;
}
