/**
 * Work in the background belongs to one detached process per data directory, the runner: started by whichever command
 * finds work waiting (`ensureRunner`), it takes queued runs, oldest first, and ends when nothing is left. As many runs
 * train at a time as the setting trainingParallel says (training-turn.ts), one by default, and beside them one
 * prepares: indexing does not wait for a training.
 *
 * It starts each run as `node <entry> <run directory>`, the worker, with niceness 19 and CODEBASE_GARDENER_DATA_DIR
 * set. What a worker does:
 *
 * 1. `const worker = await joinRun(runDir)` (worker-control.ts) before any other work; null means that the run is not
 *    its own: exit 0.
 * 2. Read `readRunDescription(runDir)`; `locateRun(runDir)` gives the paths. Go on from a checkpoint if the directory
 *    holds one.
 * 3. Report by `appendEvent(runDir, ...)`; after each checkpoint that could be resumed from: checkpoint-save, which
 *    resets the count of restarts.
 * 4. When `worker.signal` aborts (cancel, pause, or SIGTERM; `worker.stopReason()` says which), stop within 10 s of a
 *    cancel or SIGTERM and within 60 s of a pause, saving a checkpoint unless cancelled. Append run-pause after a
 *    pause, run-cancel after a cancel (the runner does it otherwise). Exit 0.
 *    Before it trains it takes a training turn; where other runs have all of them, it ends with run-queue and exit 0,
 *    and is started again when one is free.
 * 5. End with exactly one of run-complete, run-fail (a known error: code, message, remedy), run-not-started; then exit
 *    within 30 s. An error that is not known: throw. The runner turns a non-zero exit code and the last 2 KiB of stderr
 *    into run-fail. A worker that was killed, or ended without a last event, is started again, up to 3 times without a
 *    new checkpoint; so is one that ends with run-interrupt, because a process it needs has died.
 * 6. Start children undetached, so that they belong to its process group and end with it.
 */
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess, isProcessAlive, type ProcessIdentity } from '@codebase-gardener/lora/process';
import { z } from 'zod';
import { asFilesystemError } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from '../files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../files/json-state.js';
import type { GardenPaths } from '../files/paths.js';
import { setLargeLogAside } from '../log.js';
import { spawnEntry } from '../processes/spawn-entry.js';
import { RUN_FILES } from '../runs/run-files.js';
import type { RunState } from '../runs/run-state.js';
import { appendEvent, openRuns, projectName, type Run, readRunState, requestControl } from '../runs/runs.js';
import { couldGoOn, livingWorker, recordStatus, runnerFile, runnerLock } from './run-queue.js';
import { stopWorker } from './worker-process.js';

/** runner.json: which process the runner is. */
const processIdentitySchema: z.ZodType<ProcessIdentity> = z.object({
  pid: z.number().int().positive(),
  processStart: z.string(),
});

/** What `ensureRunner` found. */
export interface RunnerStatus {
  /** True when this call started the runner. */
  started: boolean;
  /** A sentence for the user when a run had been interrupted, else null. */
  notice: string | null;
}

/**
 * Starts the runner of this data directory when work waits and none is alive. Cheap when nothing waits.
 *
 * @param entry the worker's entry file, as for `spawnEntry`
 * @throws garden.busy, garden.disk-full, garden.permission-denied
 */
export async function ensureRunner(paths: GardenPaths, entry: URL): Promise<RunnerStatus> {
  const idle = { started: false, notice: null };
  if ((await waitingRuns(paths)).length === 0) return idle;
  return withLock(runnerLock(paths), async () => {
    const waiting = await waitingRuns(paths);
    if (waiting.length === 0) return idle;
    const owner = await readRunner(paths);
    if (owner !== null && (await isProcessAlive(owner))) return idle;
    const notice = await interruptionNotice(paths, waiting);
    await startRunner(paths, entry);
    return { started: true, notice };
  });
}

/** The runner of this data directory, alive or not, or null. */
export async function readRunner(paths: GardenPaths): Promise<ProcessIdentity | null> {
  try {
    return await readJsonIfPresent(runnerFile(paths), processIdentitySchema);
  } catch {
    // Damaged, so it names nobody; it has been set aside, and the next runner writes a new one.
    return null;
  }
}

/**
 * Ends a run for good, whether or not a runner is alive: leaves the request, ends the worker if there is one
 * (SIGTERM, after `graceMs`, 10 s by default, SIGKILL) and returns the state, which is then finished. Nothing happens
 * to one that has already ended.
 */
export async function cancelRun(
  paths: GardenPaths,
  run: Pick<Run, 'directory' | 'description'>,
  graceMs = 10_000,
): Promise<RunState> {
  await withRoom(run.directory, () => requestControl(run.directory, 'cancel'));
  for (;;) {
    // Under the lock, so that no runner starts a worker between the look and the event.
    const worker = await withLock(runnerLock(paths), async () => {
      const state = await readRunState(run.directory);
      const living = await livingWorker({ ...run, state });
      if (living === null && !state.finished)
        await withRoom(run.directory, () => appendEvent(run.directory, { type: 'run-cancel' }));
      return living;
    });
    if (worker === null) break;
    await stopWorker(worker, graceMs);
  }
  await recordStatus(paths, run);
  return readRunState(run.directory);
}

/** On a full disk, room for the few bytes that end a run: what only its going on would need is deleted. */
async function withRoom(runDir: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!GardenerError.isInstance(error) || error.code !== 'garden.disk-full') throw error;
    for (const part of [RUN_FILES.checkpoint, RUN_FILES.output, RUN_FILES.workerLog]) {
      await rm(join(runDir, part), { recursive: true, force: true });
    }
    await write();
  }
}

/** Runs that a runner could do something about. */
async function waitingRuns(paths: GardenPaths): Promise<Run[]> {
  const waiting: Run[] = [];
  for (const run of await openRuns(paths)) if (await couldGoOn(run)) waiting.push(run);
  return waiting;
}

async function interruptionNotice(paths: GardenPaths, waiting: Run[]): Promise<string | null> {
  const sentences: string[] = [];
  for (const run of waiting) {
    if (run.state.workerPid === null) continue;
    const what = run.description.kind === 'train' ? 'Training' : 'Indexing';
    const name = await projectName(paths, run.description.projectId);
    sentences.push(
      (await livingWorker(run))
        ? `The background runner had died and was started again; ${what.toLowerCase()} of ${name} has gone on meanwhile.`
        : `${what} of ${name} had been interrupted; it goes on from where it was last saved.`,
    );
  }
  return sentences.length === 0 ? null : sentences.join(' ');
}

async function startRunner(paths: GardenPaths, entry: URL): Promise<void> {
  const logFile = join(paths.logs, 'runner.log');
  setLargeLogAside(logFile);
  let log: number;
  try {
    log = openSync(logFile, 'a');
  } catch (error) {
    throw asFilesystemError(error, logFile, 'write');
  }
  try {
    const child = spawnEntry(new URL('./runner-child.js', import.meta.url), [paths.root, entry.href], {
      detached: true,
      // Not the user's directory: a process that lives on would keep it from being unmounted or deleted.
      cwd: paths.root,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    await writeJson(runnerFile(paths), await identifyProcess(child.pid));
    child.unref();
  } finally {
    closeSync(log);
  }
}
