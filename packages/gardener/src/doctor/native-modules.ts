import { text } from 'node:stream/consumers';
import { spawnEntry } from '../garden/processes/spawn-entry.js';
import { type Check, ok } from './check.js';

const PROBE_TIMEOUT_MS = 30_000;

/** Native modules and what does not work without them. */
export const NATIVE_MODULES: readonly { module: string; use: string }[] = [
  { module: 'onnxruntime-node', use: 'training and embedding' },
  { module: 'node-llama-cpp', use: 'answers' },
  { module: '@lancedb/lancedb', use: 'the index' },
  { module: 'web-tree-sitter', use: 'parsing' },
];

/** Loads a native module in a child process and makes it do something small. */
export async function probeModule(module: string, use: string): Promise<Check> {
  const child = spawnEntry(new URL('./probe.js', import.meta.url), [module], {
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
  if (code === 0) return ok(module, said.trim());
  const reason =
    signal === null ? (errorLine(complained) ?? `exit code ${code}`) : `it crashed with ${signal}`;
  const remedy =
    signal === 'SIGILL'
      ? 'This processor lacks instructions that the prebuilt binary needs: use another machine.'
      : 'Install the packages again: npm ci in a checkout, else npm install.';
  return { name: module, state: 'fail', detail: `${use} will not work: ${reason}`, remedy };
}

/** The line that names the error, not the line of source that Node prints above it. */
function errorLine(stderr: string): string | null {
  const lines = stderr.split('\n').map((line) => line.trim());
  const line = lines.find((one) => /^\w*Error\b.*:/.test(one)) ?? lines.find((one) => one !== '') ?? '';
  return line === '' ? null : line.slice(0, 200);
}
