import { existsSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcessAlive, type ProcessIdentity } from '@codebase-gardener/lora/process';
import { keepDiskLimit } from '../disk/disk-limit.js';
import { systemErrorCode } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from '../files/file-lock.js';
import type { GardenPaths } from '../files/paths.js';
import { emptyLargeLog } from '../log.js';
import { Registry } from '../registry.js';
import { RUN_FILES } from '../runs/run-files.js';
import { appendEvent, openRuns, type Run, RunFollower, readControl, readRunState } from '../runs/runs.js';
import { trainingPlaces } from './training-places.js';
import { trainingRuns } from './training-turn.js';
import { tryAgain } from './try-again.js';
import { eventForDeath, eventForRepeatedDeath, MAX_RESTARTS } from './worker-death.js';
import { adoptWorker, killGroup, startWorker, stopWorker, type Worker, workerLog } from './worker-process.js';

/** What `runQueue` may be told; the times exist for tests. */
export interface QueueOptions {
  /** Entry file of the worker. */
  entry: URL;
  /** Between two looks at the worker and at control.json. Defaults to 500. */
  pollMs?: number;
  /** From SIGTERM to SIGKILL when a run is cancelled. Defaults to 10 s. */
  cancelGraceMs?: number;
  /** How long a worker may take to pause by itself. Defaults to 60 s. */
  pauseGraceMs?: number;
  /** How long a worker may live on after its last event. Defaults to 30 s. */
  lingerMs?: number;
}

/** File that names the runner of a data directory: pid and process start time. */
export function runnerFile(paths: GardenPaths): string {
  return paths.lockFile('runner.json');
}

/** The lock under which a runner is started, takes its next run, and gives up. */
export function runnerLock(paths: GardenPaths): string {
  return paths.lockFile('runner');
}

/**
 * What the runner does: takes the runs of the data directory, oldest first, until nothing is left that could go on. As
 * many train at a time as there are places (training-places.ts), one by default, and beside them one reads and indexes
 * its codebase. Workers that an earlier runner left behind are adopted before anything else is started. Paused runs are
 * passed over; one that has failed and has tries left comes after those that have not failed.
 */
export async function runQueue(paths: GardenPaths, options: QueueOptions): Promise<void> {
  const { pollMs = 500 } = options;
  /** Runs whose workers are watched, by their directory. */
  const watched = new Map<string, Promise<void>>();
  for (;;) {
    const taken = await withLock(runnerLock(paths), async () => {
      const next = await takeNext(paths, options.entry, watched);
      // Under the same lock as `ensureRunner`: a run queued now finds either a runner that will look again, or none.
      if (next === null && watched.size === 0) await rm(runnerFile(paths), { force: true });
      return next;
    });
    if (taken !== null) {
      const { directory } = taken.run;
      watched.set(
        directory,
        watch(paths, taken, options).finally(() => watched.delete(directory)),
      );
    } else if (watched.size === 0) return;
    else await untilChange(paths, watched, pollMs);
  }
}

async function watch(paths: GardenPaths, { run, worker }: Taken, options: QueueOptions): Promise<void> {
  await recordStatus(paths, run);
  await unlessRemoved(() => follow(run, worker, options));
  await unlessRemoved(() => tryAgain(paths, run));
  await recordStatus(paths, run);
  await keepDiskLimit(paths, run.directory);
}

/** A pause between two looks is at least this many times as long as the look before it. */
const LOOK_SHARE = 20;

/** Until a watched worker has ended, or another run could have its turn. */
async function untilChange(
  paths: GardenPaths,
  watched: ReadonlyMap<string, Promise<void>>,
  pollMs: number,
): Promise<void> {
  const stop = new AbortController();
  const ended = Promise.race(watched.values()).finally(() => stop.abort());
  let waitMs = pollMs;
  while (!stop.signal.aborted) {
    await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) break;
    const begin = performance.now();
    const open = await openRuns(paths);
    const waiting: Run[] = [];
    for (const run of open) if (!watched.has(run.directory) && (await couldGoOn(run))) waiting.push(run);
    // Who trains is asked of the system, which takes a process on some: only when somebody waits for it.
    if (waiting.length > 0 && waiting.some(await turns(paths, watched, open))) return;
    // A look at hundreds of projects takes a while: looking is to take no more than a twentieth of the time.
    waitMs = Math.max(pollMs, LOOK_SHARE * (performance.now() - begin));
  }
  await ended;
}

/** The worker of a run that still lives, or null. */
export async function livingWorker(run: Run): Promise<ProcessIdentity | null> {
  const { workerPid, workerStart } = run.state;
  if (workerPid === null) return null;
  const identity = { pid: workerPid, processStart: workerStart ?? '' };
  return (await isProcessAlive(identity)) ? identity : null;
}

/** Copies the state of a training run into the project's record. Never fails: the events are the truth. */
export async function recordStatus(
  paths: GardenPaths,
  run: Pick<Run, 'directory' | 'description'>,
): Promise<void> {
  if (run.description.kind !== 'train') return;
  try {
    const { status, reason } = await readRunState(run.directory);
    await new Registry(paths).update(run.description.projectId, {
      trainingStatus: status,
      trainingReason: reason,
    });
  } catch {
    // The project may be gone, its record damaged, the disk full.
  }
}

interface Taken {
  run: Run;
  worker: Worker;
}

/**
 * Which runs may start beside those that are watched. A run that has its examples goes on with training, where a place
 * is free. Another one prepares first, and hands over when all places are taken: one at a time, or as many as there are
 * places while nobody trains in them.
 */
async function turns(
  paths: GardenPaths,
  watched: ReadonlyMap<string, unknown>,
  open: readonly Run[],
): Promise<(run: Run) => boolean> {
  const places = await trainingPlaces(paths, open);
  const holders = (await trainingRuns(paths)).map(({ runDirectory }) => runDirectory);
  // One that has its examples takes its place in a moment.
  const training = new Set([...holders, ...[...watched.keys()].filter(isPrepared)]);
  const preparing = [...watched.keys()].filter((directory) => !training.has(directory)).length;
  return ({ directory }) =>
    isPrepared(directory) ? training.size < places : preparing === 0 || watched.size < places;
}

/** Whether a runner could do something about a run that has not ended: one that is paused waits for its user. */
export async function couldGoOn({ directory, state }: Run): Promise<boolean> {
  if (state.status !== 'paused') return true;
  const control = await readControl(directory);
  return control === 'resume' || control === 'cancel';
}

function isPrepared(runDirectory: string): boolean {
  return existsSync(join(runDirectory, RUN_FILES.data));
}

async function takeNext(
  paths: GardenPaths,
  entry: URL,
  watched: ReadonlyMap<string, unknown>,
): Promise<Taken | null> {
  const open = await openRuns(paths);
  const runs = open
    .filter(({ directory }) => !watched.has(directory))
    .sort((a, b) => a.state.failures.length - b.state.failures.length);
  for (const run of runs) {
    const identity = await livingWorker(run);
    if (identity) return { run, worker: adoptWorker(identity) };
  }
  if (runs.length === 0) return null;
  for (const run of runs.filter(await turns(paths, watched, open))) {
    const worker = await unlessRemoved(() => startIfReady(run, entry));
    if (worker) return { run, worker };
    const isTakenUp = await unlessRemoved(() => tryAgain(paths, run));
    await recordStatus(paths, run);
    // It waits again: a runner that ended now would leave it to whoever starts the next one.
    if (isTakenUp) return takeNext(paths, entry, watched);
  }
  return null;
}

/** Starts the worker of a run that has none, unless its user or its history says otherwise. */
async function startIfReady(run: Run, entry: URL): Promise<Worker | null> {
  const { directory, description } = run;
  const control = await readControl(directory);
  if (control === 'cancel') return endWith(directory, { type: 'run-cancel' });
  let state = run.state;
  if (state.workerPid !== null) {
    await appendEvent(
      directory,
      eventForDeath(description.kind, { code: null, signal: null, stderrTail: '' }),
    );
    state = await readRunState(directory);
  }
  if (control === 'pause')
    return state.status === 'paused' ? null : endWith(directory, { type: 'run-pause' });
  if (state.status === 'paused') {
    if (control !== 'resume') return null;
    await appendEvent(directory, { type: 'run-resume' });
  }
  if (state.interruptions > MAX_RESTARTS) {
    return endWith(directory, eventForRepeatedDeath(description.kind, state.reason));
  }
  const worker = await startOrFail(run, entry);
  if (worker === null) return null;
  try {
    await appendEvent(directory, { type: 'run-start', ...worker.identity });
  } catch (error) {
    // A worker that no event names would be started a second time.
    await stopWorker(worker.identity, 0);
    throw error;
  }
  return worker;
}

async function startOrFail(run: Run, entry: URL): Promise<Worker | null> {
  try {
    return await startWorker(run.directory, entry);
  } catch (error) {
    return endWith(run.directory, {
      type: 'run-fail',
      error: {
        code: 'training.process-not-started',
        message: `The process for the work could not be started (${systemErrorCode(error) ?? String(error)}).`,
        remedy: 'Close other programs or free disk space, then start it again.',
      },
    });
  }
}

async function endWith(directory: string, event: Parameters<typeof appendEvent>[1]): Promise<null> {
  await appendEvent(directory, event);
  return null;
}

/** Watches a worker to its end, passes the user's wishes on, and writes the last event where the worker did not. */
async function follow(run: Run, worker: Worker, options: QueueOptions): Promise<void> {
  const { pollMs = 500, cancelGraceMs = 10_000, pauseGraceMs = 60_000, lingerMs = 30_000 } = options;
  const follower = new RunFollower(run.directory);
  const since = new Map<'pause' | 'ended', number>();
  const longerThan = (what: 'pause' | 'ended', limitMs: number) => {
    const start = since.get(what) ?? performance.now();
    since.set(what, start);
    return performance.now() - start > limitMs;
  };
  try {
    for (;;) {
      const exit = await worker.exit();
      const state = await follower.refresh();
      const control = await readControl(run.directory);
      if (control !== 'pause') since.delete('pause');
      // One that says itself that it was interrupted is started again.
      const done = state.finished || state.status === 'paused' || state.workerPid === null;
      if (exit !== null) {
        killGroup(worker.identity.pid);
        if (!done) await appendEvent(run.directory, await lastEvent(run, control, exit));
        return;
      }
      if (control === 'cancel') await stopWorker(worker.identity, cancelGraceMs);
      else if (control === 'pause' && longerThan('pause', pauseGraceMs))
        await stopWorker(worker.identity, cancelGraceMs);
      else if (done && longerThan('ended', lingerMs)) await stopWorker(worker.identity, cancelGraceMs);
      else await worker.rest(pollMs);
      emptyLargeLog(workerLog(run.directory));
    }
  } catch (error) {
    // The run was removed under the worker: nothing it does is of use any more.
    if (isRemoved(error)) await stopWorker(worker.identity, cancelGraceMs);
    throw error;
  }
}

async function lastEvent(
  run: Run,
  control: Awaited<ReturnType<typeof readControl>>,
  exit: Parameters<typeof eventForDeath>[1],
): Promise<Parameters<typeof appendEvent>[1]> {
  if (control === 'cancel') return { type: 'run-cancel' };
  if (control === 'pause') return { type: 'run-pause' };
  const disk = await statfs(run.directory).catch(() => null);
  return eventForDeath(run.description.kind, exit, disk === null ? undefined : disk.bavail * disk.bsize);
}

async function unlessRemoved<T>(fn: () => Promise<T>): Promise<T | null> {
  try {
    return await fn();
  } catch (error) {
    if (isRemoved(error)) return null;
    throw error;
  }
}

function isRemoved(error: unknown): boolean {
  if (GardenerError.isInstance(error)) return error.code === 'garden.file-missing';
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
