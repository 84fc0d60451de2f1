import type { JobName } from '../garden/processes/job-messages.js';
import { JobProcess, type ProcessEnd } from '../garden/processes/job-process.js';
import { type Check, ok } from './check.js';
import type { ProbeProtocol } from './probe-protocol.js';

const PROBE_TIMEOUT_MS = 30_000;
/** A second's measurement that takes longer than this says that the machine is busy. */
const SPEED_TIMEOUT_MS = 10_000;
const MAX_REASON_CHARACTERS = 200;

/** Native modules and what does not work without them. */
export const NATIVE_MODULES: readonly { module: string; use: string }[] = [
  { module: 'onnxruntime-node', use: 'training and embedding' },
  { module: 'node-llama-cpp', use: 'answers' },
  { module: '@lancedb/lancedb', use: 'the index' },
  { module: 'web-tree-sitter', use: 'parsing' },
];

/** The process died with a module. */
class ProbeCrash extends Error {
  readonly signal: NodeJS.Signals | null;

  constructor({ reason, signal, stderr }: ProcessEnd) {
    super(signal === null ? (errorLine(stderr) ?? reason) : `it crashed with ${signal}`);
    this.signal = signal;
  }
}

/** Loads a native module in a child process and makes it do something small. */
export async function probeModule(module: string, use: string): Promise<Check> {
  try {
    return ok(module, await runProbe('probe', module));
  } catch (error) {
    const remedy =
      error instanceof ProbeCrash && error.signal === 'SIGILL'
        ? 'This processor lacks instructions that the prebuilt binary needs: use another machine.'
        : 'Install Gardener again (npm ci in a checkout).';
    const message = error instanceof Error ? error.message : String(error);
    return { name: module, state: 'fail', detail: `${use} will not work: ${firstLine(message)}`, remedy };
  }
}

/** Has one job done in a child process that ends with it. @throws what the job throws, or why the process ended */
export async function runProbe<Name extends JobName<ProbeProtocol>>(
  name: Name,
  input: ProbeProtocol['jobs'][Name]['input'],
): Promise<ProbeProtocol['jobs'][Name]['result']> {
  const child = await JobProcess.start<ProbeProtocol>({
    entry: new URL('./probe-child.js', import.meta.url),
    setup: null,
    startTimeoutMs: PROBE_TIMEOUT_MS,
    died: (end) => new ProbeCrash(end),
  });
  try {
    const ms = name === 'speed' ? SPEED_TIMEOUT_MS : PROBE_TIMEOUT_MS;
    const tooLate = () => new Error(`it did not answer within ${ms / 1000} s`);
    return await child.run(name, input, { timeLimit: { ms, error: tooLate } });
  } finally {
    await child.end();
  }
}

/** The line that names the error, not the line of source that Node prints above it. */
function errorLine(stderr: string): string | null {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.find((one) => /^\w*Error\b.*:/.test(one)) ?? lines.find((one) => one !== '') ?? null;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, MAX_REASON_CHARACTERS);
}
