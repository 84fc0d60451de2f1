import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { computingProcess } from '@codebase-gardener/lora/process';
import { entryCommand } from '../../../garden/processes/spawn-entry.js';
import { locateRun } from '../../../garden/runs/runs.js';
import type { Settings } from '../../../garden/settings/settings.js';
import type { JobRequest } from './api/ray-api.js';
import type { Attempt } from './job/attempt.js';
import type { Resources } from './resources.js';

/** From SIGTERM to SIGKILL, seconds: Ray's own 3 are too few to end a step and save a checkpoint. */
const STOP_WAIT_SECONDS = 30;

/** Where the program and the run directory are on a worker. */
export type WorkerSettings = Pick<Settings, 'rayDataDirectory' | 'rayPackage'>;

/** The run directory as Ray's workers see it. */
export function directoryOnWorker(
  runDirectory: string,
  { rayDataDirectory }: Pick<WorkerSettings, 'rayDataDirectory'>,
): string {
  if (rayDataDirectory === '') return runDirectory;
  const inside = relative(locateRun(runDirectory).paths.root, runDirectory);
  return [rayDataDirectory.replace(/\/+$/, ''), ...inside.split(sep)].join('/');
}

/** What is submitted for an attempt at a run. */
export function jobRequest(
  runDirectory: string,
  { attempt, submissionId }: Attempt,
  settings: WorkerSettings,
  resources: Resources,
): JobRequest {
  const { env, execArgv } = computingProcess({});
  const args = [directoryOnWorker(runDirectory, settings), String(attempt)];
  const entry = new URL('./job/ray-job-child.js', import.meta.url);
  const installed = entryCommand(entry, args, execArgv);
  const { command, args: all } =
    settings.rayPackage === ''
      ? installed
      : { command: 'node', args: [...execArgv, join(settings.rayPackage, inPackage(entry)), ...args] };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return {
    // The shell makes room for the program: a signal reaches it, and its exit code is the job's.
    entrypoint: ['exec', 'env', ...[...variables, command, ...all].map(quoted)].join(' '),
    submission_id: submissionId,
    runtime_env: { env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(STOP_WAIT_SECONDS) } },
    metadata: { 'codebase-gardener': locateRun(runDirectory).runId },
    ...resources,
  };
}

/** Where a file lies in the package, as it is built: in the folder of every installation of this version. */
function inPackage(file: URL): string {
  const path = fileURLToPath(file);
  let folder = dirname(path);
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('package.json is missing from this installation');
    folder = dirname(folder);
  }
  return relative(folder, path).replace(/^src\b/, 'dist');
}

/** A word of a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
