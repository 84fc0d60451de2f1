import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asFilesystemError } from '../../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { withLock } from '../../../garden/files/file-lock.js';
import { isThere } from '../../../garden/files/file-version.js';
import { writeJson } from '../../../garden/files/json-state.js';
import type { GardenPaths } from '../../../garden/files/paths.js';
import type { Garden } from '../../../garden/garden.js';
import type { PythonEngineName } from '../engine-name.js';
import { INSTALLED_FILE, pythonIn, tryEngine } from './engine-environment.js';
import { installCommand, lastLine } from './engine-errors.js';
import { requirementFiles, requirementsHash } from './engine-sources.js';
import { findPython, hasUv, OLDEST_PYTHON } from './find-python.js';

const MAX_OUTPUT_CHARACTERS = 20_000;
/** What tells of an NVIDIA GPU: its driver on Linux, its program on Windows. */
const NVIDIA_DRIVER = '/proc/driver/nvidia/version';

/** How an installation is told of. */
export interface InstallOptions {
  /** Called with what is being done, one line. */
  onProgress?: (label: string) => void;
  signal?: AbortSignal;
}

/**
 * Installs an engine into an environment of its own in the data directory, or mends and updates the one there: with uv
 * where that is on PATH, else with venv and pip. One that was broken off goes on where it ended.
 * @returns what it computes on, and the versions of its libraries
 * @throws GardenerError `training.python-missing`, `training.python-too-old`, `training.engine-install-failed`,
 *   `training.engine-*` where it does not start in the end, `garden.busy`
 */
export async function installEngine(
  { paths, settings }: Pick<Garden, 'paths' | 'settings'>,
  engine: PythonEngineName,
  { onProgress = () => undefined, signal }: InstallOptions = {},
) {
  return withLock(paths.lockFile(`engine-${engine}`), async () => {
    const folder = paths.engine(engine);
    const python = pythonIn(folder);
    const steps = (await hasUv()) ? uvSteps(folder, python) : await pipSteps(folder, python);
    const index = settings.packageIndex === '' ? [] : ['--index-url', settings.packageIndex];
    const wanted = requirementFiles(engine, await hasNvidia()).flatMap((file) => ['-r', file]);
    // From here on it counts as half-made until it is whole.
    await rm(join(folder, INSTALLED_FILE), { force: true });
    if ((await runLines(steps.check)).exitCode !== 0) {
      onProgress('making the environment');
      await rm(folder, { recursive: true, force: true });
      await makeParent(paths);
      await runTool(engine, steps.make, onProgress, signal);
    }
    await runTool(engine, [...steps.install, ...index, ...wanted], onProgress, signal);
    onProgress('trying it');
    const check = await tryEngine(engine, python);
    const requirements = await requirementsHash(engine);
    const installedAt = new Date().toISOString();
    await writeJson(join(folder, INSTALLED_FILE), { schemaVersion: 1, requirements, installedAt });
    return check;
  });
}

/**
 * Removes an engine's environment. @returns whether there was one
 * @throws GardenerError `garden.permission-denied`, `garden.busy`
 */
export async function removeEngine(paths: GardenPaths, engine: PythonEngineName): Promise<boolean> {
  return withLock(paths.lockFile(`engine-${engine}`), async () => {
    const folder = paths.engine(engine);
    const wasThere = await isThere(folder);
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw asFilesystemError(error, folder, 'write');
    }
    return wasThere;
  });
}

/** Command lines: whether an environment can be used, what makes one, and what installs into it. */
interface Steps {
  check: string[];
  make: string[];
  /** Requirements follow. */
  install: string[];
}

function uvSteps(folder: string, python: string): Steps {
  return {
    check: [python, '-c', 'import sys'],
    make: ['uv', 'venv', '--python', OLDEST_PYTHON, folder],
    install: ['uv', 'pip', 'install', '--python', python],
  };
}

async function pipSteps(folder: string, python: string): Promise<Steps> {
  const found = await findPython();
  return {
    check: [python, '-c', 'import pip'],
    make: [found.command, ...found.arguments, '-m', 'venv', folder],
    install: [
      ...[python, '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check'],
      ...['--progress-bar', 'off', '--retries', '3'],
    ],
  };
}

async function makeParent(paths: GardenPaths): Promise<void> {
  const parent = join(paths.root, 'engines');
  await mkdir(parent, { recursive: true }).catch((error: unknown) => {
    throw asFilesystemError(error, parent, 'write');
  });
}

async function hasNvidia(): Promise<boolean> {
  if (await isThere(NVIDIA_DRIVER)) return true;
  return (await runLines(['nvidia-smi', '-L'])).exitCode === 0;
}

async function runTool(
  engine: PythonEngineName,
  command: string[],
  onProgress: (label: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { exitCode, output } = await runLines(
    command,
    (line) => {
      const told = progressOf(line);
      if (told !== null) onProgress(told);
    },
    signal,
  );
  signal?.throwIfAborted();
  if (exitCode === 0) return;
  const lines = output.split(/\r?\n/);
  const reason = lines.findLast((line) => /^error:/i.test(line))?.replace(/^error:\s*/i, '');
  const why = (reason ?? lastLine(output)).slice(0, 300).replace(/\.$/, '');
  throw new GardenerError('training.engine-install-failed', `${engine} could not be installed: ${why}.`, {
    remedy: `Check the network, the disk and the setting packageIndex; \`${installCommand(engine)}\` goes on where it ended.`,
    details: { output },
    retryable: true,
  });
}

/** What a line of pip or uv tells of how far it is; null for the rest. */
function progressOf(line: string): string | null {
  // A name ends where a version begins: `numpy<3`, `markdown_it_py-4.0.0-py3-none-any.whl`.
  const [, name] =
    /^\s*(?:Collecting|Downloading|Building wheel for) (?:\S*\/)?(\w[\w.]*(?:-(?!\d)[\w.]+)*)/.exec(line) ??
    [];
  if (name !== undefined) return `fetching ${name}`;
  if (/^Installing collected packages|^Prepared \d+ packages/.test(line)) return 'installing the packages';
  return null;
}

function runLines(
  [command = '', ...args]: string[],
  onLine: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, PYTHONUTF8: '1', PYTHONUNBUFFERED: '1', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    let output = '';
    const collect = (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARACTERS);
      for (const line of text.split('\n')) onLine(line);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ exitCode: 1, output: output === '' ? error.message : output }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}
