import { setTimeout as delay } from 'node:timers/promises';
import type { GardenPaths } from '../../../garden/files/paths.js';
import { locateRun } from '../../../garden/runs/runs.js';
import type { EngineName, Settings } from '../../../garden/settings/settings.js';
import type { OpenedRun } from '../../engines/training-engine.js';
import type { RunDirectory } from '../../run-directory/run-directory.js';
import type { Place, PlaceEvent } from '../place.js';
import type { RaySettings } from './api/ray-address.js';
import { RayApi } from './api/ray-api.js';
import { lostTooOften, notShared } from './api/ray-errors.js';
import { JobFollower } from './follow-job.js';
import type { Attempt } from './job/attempt.js';
import { ToldReader } from './job/told.js';
import { directoryOnWorker, jobRequest, type WorkerSettings } from './job-request.js';
import type { Outcome } from './outcome.js';
import { RAY_TIMES, type RayTimes } from './ray-times.js';
import { inWords, resourcesOf } from './resources.js';
import { Submission } from './submission.js';
import { takePlace } from './take-place.js';

/** How often a training that is lost through no fault of its own is submitted again. */
const MAX_LOSSES = 3;

/** What of an open data directory a place at Ray needs. */
export interface RayGarden {
  paths: GardenPaths;
  settings: RaySettings & WorkerSettings & Pick<Settings, 'rayParallel' | 'rayCpus' | 'enginePython'>;
}

/**
 * Trains as a job of a Ray cluster whose workers share the data directory's storage. The run directory stays where it
 * is; the job reads and writes it there, and tells in a file of it how it goes. A job that is lost (its worker, the
 * head) is submitted again and goes on from its checkpoint; one that was submitted by a process of ours that has been
 * killed is found by its name and followed.
 * @param times for tests
 */
export function rayPlace(garden: RayGarden, times: Partial<RayTimes> = {}): Place {
  return {
    name: 'ray',
    train: (engine, directory, opened, signal) =>
      trainAtRay(garden, { ...RAY_TIMES, ...times }, engine, directory, opened, signal),
  };
}

async function* trainAtRay(
  { paths, settings }: RayGarden,
  times: RayTimes,
  engine: EngineName,
  directory: RunDirectory,
  opened: OpenedRun,
  signal: AbortSignal,
): AsyncGenerator<PlaceEvent> {
  const ray = new RayApi(settings);
  await ray.version();
  const { path: runDirectory, job: folder } = directory;
  const { rayParallel: parallel, enginePython } = settings;
  const release = yield* takePlace({ paths, runDirectory, parallel, signal, pollMs: times.statusMs });
  if (release === null) return;
  const submission = new Submission(ray, folder, times, signal);
  let outcome: Outcome | null = null;
  try {
    const resources = await resourcesOf(engine, opened, settings);
    const asked = inWords(resources);
    const directoryThere = directoryOnWorker(runDirectory, settings);
    const { runId } = locateRun(runDirectory);
    const wanted = { runId, engine, enginePython, weightsHash: opened.base.hashes.weights };
    const request = (attempt: Attempt) => jobRequest(runDirectory, attempt, settings, resources);
    for (let losses = 0; ; ) {
      const attempt = await submission.findOrSubmit(
        wanted,
        request,
        outcome?.kind === 'lost' && outcome.isDead,
      );
      if (attempt === null) return;
      const reader = await ToldReader.open(folder, attempt.attempt);
      const follower = new JobFollower({ ray, attempt, reader, directoryThere, asked, signal, times });
      outcome = yield* follower.follow();
      if (outcome.kind !== 'lost') break;
      losses += 1;
      if (losses > MAX_LOSSES) throw lostTooOften(outcome.reason, losses);
      await submission.close();
      yield { type: 'log', message: lostMessage(outcome.reason, losses) };
    }
    if (outcome.kind === 'ended' && !signal.aborted) await seeOutput(directory, times, directoryThere);
  } finally {
    if (outcome?.kind !== 'left') await submission.leave(outcome?.kind === 'ended');
    await release();
  }
}

function lostMessage(reason: string, losses: number): string {
  const again = `It is submitted again (${losses} of ${MAX_LOSSES}) and goes on from its checkpoint.`;
  return `The training was lost at Ray because ${reason}. ${again}`;
}

/** The adapter of a training that is done, which a network's file system may show late. */
async function seeOutput(directory: RunDirectory, times: RayTimes, directoryThere: string): Promise<void> {
  const deadline = performance.now() + times.quietMs;
  while (!(await directory.hasOutput())) {
    if (performance.now() > deadline) throw notShared(directoryThere);
    await delay(times.pollMs);
  }
}
