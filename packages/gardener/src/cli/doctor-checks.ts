import { constants } from 'node:fs';
import { access, mkdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { dataDirectory } from '../garden/paths.js';
import { spawnEntry } from '../garden/spawn-entry.js';
import { oneLine } from './terminal/plain-text.js';
import { formatBytes } from './terminal/quantities.js';

/** One line of the doctor's report. `warn` works, but slowly or not for long; `fail` does not work. */
export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; null when nothing is wrong. */
  remedy: string | null;
}

const PROBE_TIMEOUT_MS = 30_000;
const GIB = 1024 ** 3;
const MIN_MEMORY_BYTES = 3 * GIB;
const MIN_DISK_BYTES = 2 * GIB;
const MIN_NODE: readonly [number, number] = [20, 19];

/** Native modules and what does not work without them. */
export const NATIVE_MODULES: readonly { module: string; use: string }[] = [
  { module: 'onnxruntime-node', use: 'training and embedding' },
  { module: 'node-llama-cpp', use: 'answers' },
  { module: '@lancedb/lancedb', use: 'the index' },
  { module: 'web-tree-sitter', use: 'parsing' },
];

/** The Node that runs this. */
export function checkNode(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  const remedy = isOld ? `Install Node ${MIN_NODE.join('.')} or later.` : null;
  return { name: 'Node', state: isOld ? 'fail' : 'ok', detail: version, remedy };
}

/** Cores and the vector instructions that set the training speed. */
export async function checkProcessor(): Promise<Check> {
  const model = oneLine(cpus()[0]?.model ?? 'unknown');
  const detail = `${model}, ${availableParallelism()} threads`;
  const flags = await processorFlags();
  if (flags === null) return { name: 'processor', state: 'ok', detail, remedy: null };
  const known = [
    'avx2',
    'fma',
    'avx512f',
    'avx512_vnni',
    'avx_vnni',
    'avx512_bf16',
    'amx_int8',
    'asimd',
    'i8mm',
    'sve',
  ];
  const found = known.filter((flag) => flags.has(flag));
  const isSlow = process.arch === 'x64' && !flags.has('avx2');
  return {
    name: 'processor',
    state: isSlow ? 'warn' : 'ok',
    detail: `${detail}${found.length > 0 ? `, ${found.join(' ')}` : ''}`,
    remedy: isSlow ? 'Without AVX2 training is several times slower: give it a larger --budget.' : null,
  };
}

/** Memory in all and free. */
export function checkMemory(totalBytes = totalmem(), freeBytes = freemem()): Check {
  const isSmall = totalBytes < MIN_MEMORY_BYTES;
  return {
    name: 'memory',
    state: isSmall ? 'warn' : 'ok',
    detail: `${formatBytes(totalBytes)}, ${formatBytes(freeBytes)} free`,
    remedy: isSmall
      ? 'Close other programs while training, or lower CODEBASE_GARDENER_SEQUENCE_LENGTH.'
      : null,
  };
}

/** Whether the data directory can be made and written to, and how much room its disk has. */
export async function checkDataDirectory(flag: string | undefined): Promise<Check[]> {
  const root = dataDirectory(flag);
  const name = 'data directory';
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? oneLine(error.message) : 'unknown reason';
    const remedy = 'Give your user permission to write there, or choose another place with --data-dir.';
    return [{ name, state: 'fail', detail: `${root} cannot be written to (${reason})`, remedy }];
  }
  const disk = await statfs(root).catch(() => statfs(dirname(root)));
  const freeBytes = disk.bavail * disk.bsize;
  const isSmall = freeBytes < MIN_DISK_BYTES;
  return [
    { name, state: 'ok', detail: root, remedy: null },
    {
      name: 'disk',
      state: isSmall ? 'warn' : 'ok',
      detail: `${formatBytes(freeBytes)} free`,
      remedy: isSmall
        ? `Free some space: models and indexes need up to ${formatBytes(MIN_DISK_BYTES)}.`
        : null,
    },
  ];
}

/** Loads a native module in a child process and makes it do something small. */
export async function probeModule(module: string, use: string): Promise<Check> {
  const child = spawnEntry(new URL('./doctor-probe.js', import.meta.url), [module], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROBE_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => resolve({ code: 1, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const [said, complained, { code, signal }] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    ended,
  ]);
  if (code === 0) return { name: module, state: 'ok', detail: oneLine(said), remedy: null };
  const reason =
    signal === null ? (errorLine(complained) ?? `exit code ${code}`) : `it crashed with ${signal}`;
  const remedy =
    signal === 'SIGILL'
      ? 'This processor lacks instructions that the prebuilt binary needs: use another machine.'
      : 'Install the packages again: npm ci.';
  return { name: module, state: 'fail', detail: `${use} will not work: ${reason}`, remedy };
}

/** The flags of /proc/cpuinfo, or null where there is none (macOS, Windows). */
async function processorFlags(): Promise<Set<string> | null> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => null);
  const line = info === null ? null : /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info);
  return line?.[1] === undefined ? null : new Set(line[1].split(' '));
}

function errorLine(stderr: string): string | null {
  const line = stderr.split('\n').find((candidate) => /error/i.test(candidate)) ?? stderr.split('\n')[0];
  return line === undefined || line.trim() === '' ? null : oneLine(line).slice(0, 200);
}
