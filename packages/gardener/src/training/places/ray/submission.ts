import { setTimeout as delay } from 'node:timers/promises';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { JobRequest, RayApi } from './api/ray-api.js';
import { type Attempt, readAttempt, writeAttempt } from './job/attempt.js';
import { untilQuiet } from './job/told.js';
import type { RayTimes } from './ray-times.js';

/** What a new attempt is made of. */
export type WantedAttempt = Pick<Attempt, 'engine' | 'enginePython' | 'weightsHash'> & { runId: string };

/** The job of a run at Ray: found or submitted, and closed when nobody is to follow it any more. */
export class Submission {
  #attempt: Attempt | null = null;

  constructor(
    readonly ray: RayApi,
    /** The run's job/. */
    readonly folder: string,
    readonly times: RayTimes,
    readonly signal: AbortSignal,
  ) {}

  /**
   * The attempt that is open, which another process of ours may have submitted; else a new one, once nothing of the
   * last can be at work any more.
   * @param isDead whether nothing of the last one can be
   * @returns null when aborted
   * @throws GardenerError `training.ray-*`, `garden.*`
   */
  async findOrSubmit(
    { runId, ...wanted }: WantedAttempt,
    request: (attempt: Attempt) => JobRequest,
    isDead: boolean,
  ): Promise<Attempt | null> {
    const { folder, ray, signal, times } = this;
    const last = await readAttempt(folder);
    this.#attempt = last;
    if (last !== null && !last.closed && last.address === ray.address) return last;
    if (last !== null) {
      await this.close();
      if (!isDead) await untilQuiet(folder, last.attempt, times, signal);
    }
    if (signal.aborted) return null;
    const number = (last?.attempt ?? 0) + 1;
    const submissionId = `gardener-${runId}-${number}`;
    const attempt: Attempt = {
      schemaVersion: 1,
      attempt: number,
      submissionId,
      address: ray.address,
      closed: false,
      ...wanted,
    };
    await writeAttempt(folder, attempt);
    this.#attempt = attempt;
    return (await this.#submit(request(attempt))) ? attempt : null;
  }

  /** From now on the job of the attempt ends by itself, wherever it is. */
  async close(): Promise<void> {
    if (this.#attempt === null || this.#attempt.closed) return;
    this.#attempt = { ...this.#attempt, closed: true };
    await writeAttempt(this.folder, this.#attempt);
  }

  /** Leaves nothing at work. Never fails: where nothing can be written or told any more, more cannot be done. */
  async leave(hasEnded: boolean): Promise<void> {
    await this.close().catch(() => undefined);
    if (this.#attempt !== null && !hasEnded)
      await this.ray.stop(this.#attempt.submissionId).catch(() => undefined);
  }

  /**
   * Submits a job once, whatever happens on the way: where an answer is lost, Ray is asked whether it has the job. A
   * cluster whose head has just been started may need a while.
   */
  async #submit(job: JobRequest): Promise<boolean> {
    const { ray, signal, times } = this;
    const deadline = performance.now() + times.submitMs;
    while (!signal.aborted) {
      try {
        await ray.submit(job);
        return true;
      } catch (error) {
        if ((await ray.job(job.submission_id).catch(() => null)) !== null) return true;
        const mayPass = GardenerError.isInstance(error) && error.retryable;
        if (!mayPass || performance.now() > deadline) throw error;
      }
      await delay(times.statusMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }
}
