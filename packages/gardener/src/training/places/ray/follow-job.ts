import { setTimeout as delay } from 'node:timers/promises';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { fromWireError } from '../../../garden/errors/wire-error.js';
import type { PlaceEvent } from '../place.js';
import type { RayApi, RayJob } from './api/ray-api.js';
import type { Attempt } from './job/attempt.js';
import type { ToldReader } from './job/told.js';
import { type Outcome, outcomeOf, placingFailed } from './outcome.js';
import type { RayTimes } from './ray-times.js';

/** What following a job needs. */
export interface Followed {
  ray: RayApi;
  attempt: Attempt;
  reader: ToldReader;
  /** The run directory as the workers should see it, for sentences. */
  directoryThere: string;
  /** What was asked for, in words. */
  asked: string;
  signal: AbortSignal;
  times: RayTimes;
}

/** Follows the job of an attempt: what it tells in its file, and what Ray says of it. */
export class JobFollower {
  readonly #given: Followed;
  #heardAt = performance.now();
  #answeredAt = performance.now();
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #since = performance.now();
  #waiting: string | null = null;
  #isPending = false;
  #hasEnded = false;
  #hasLeft = false;
  /** What Ray says of a job that is over, and since when. */
  #over: { job: RayJob; since: number } | null = null;
  #stoppingSince: number | null = null;

  constructor(given: Followed) {
    this.#given = given;
  }

  /**
   * To the end of the training, or of the job. When the signal aborts, the job is asked to end and its last words are
   * awaited; after a SIGTERM it is left alone.
   * @throws GardenerError what the engine failed with; `training.ray-*`
   */
  async *follow(): AsyncGenerator<PlaceEvent, Outcome> {
    const { signal, times } = this.#given;
    for (;;) {
      yield* this.#listen();
      if (this.#hasEnded) return { kind: 'ended' };
      if (signal.aborted) {
        if (signal.reason === 'terminate') return { kind: 'left' };
        if (await this.#hasStopped()) return { kind: 'stopped' };
      }
      const outcome = yield* this.#look();
      if (outcome !== null) return outcome;
      await delay(times.pollMs);
    }
  }

  async *#listen(): AsyncGenerator<PlaceEvent> {
    const { reader, signal } = this.#given;
    for (const line of await reader.read()) {
      this.#heardAt = performance.now();
      if (line.type === 'error') throw fromWireError(line.error);
      if (line.type === 'end') this.#hasLeft = true;
      if (line.type !== 'event') continue;
      const { event } = line;
      if (event.type === 'train-end') {
        // One that nobody here has asked for is no end: its worker may have been told to leave the cluster.
        if (event.reason === 'aborted' && !signal.aborted) continue;
        this.#hasEnded = true;
      }
      yield* this.#goOn();
      yield event;
    }
    await reader.markReported();
  }

  /** What Ray says, every now and then; an outcome where the job is over and has no more to tell. */
  async *#look(): AsyncGenerator<PlaceEvent, Outcome | null> {
    const { ray, attempt, asked, times } = this.#given;
    const now = performance.now();
    if (this.#over !== null) {
      const isOver = this.#hasLeft || now - this.#over.since > times.lastWordsMs;
      return isOver ? outcomeOf(this.#over.job, this.#given) : null;
    }
    if (now - this.#lookedAt < times.statusMs) return null;
    this.#lookedAt = now;
    let job: RayJob | null;
    try {
      job = await ray.job(attempt.submissionId);
    } catch (error) {
      yield* this.#away(error);
      return null;
    }
    this.#answeredAt = performance.now();
    if (job === null) {
      return {
        kind: 'lost',
        reason: 'Ray knows nothing of its job any more, as after a restart of its head',
        isDead: false,
      };
    }
    this.#isPending = job.status === 'PENDING';
    switch (job.status) {
      case 'PENDING':
        if (now - this.#since > times.placingMs) throw placingFailed(asked, job);
        if (now - this.#since > times.patientMs)
          yield* this.#wait(`Waits for a place in the Ray cluster: it asks for ${asked}.`);
        return null;
      case 'FAILED':
      case 'STOPPED':
      case 'SUCCEEDED':
        this.#over = { job, since: performance.now() };
        return null;
      default:
        yield* this.#goOn();
        return this.#silence();
    }
  }

  async #silence(): Promise<Outcome | null> {
    const { ray, attempt, times } = this.#given;
    if (performance.now() - Math.max(this.#heardAt, this.#since) < times.silentMs) return null;
    await ray.stop(attempt.submissionId).catch(() => undefined);
    const seconds = Math.round(times.silentMs / 1000);
    return { kind: 'lost', reason: `its job has said nothing for ${seconds} s`, isDead: false };
  }

  /** Ray does not answer: its job may be at work all the same. @throws what it is given, after a while */
  async *#away(error: unknown): AsyncGenerator<PlaceEvent> {
    const { ray, times } = this.#given;
    if (!GardenerError.isInstance(error) || !error.retryable) throw error;
    const awayMs = performance.now() - Math.max(this.#answeredAt, this.#heardAt);
    if (awayMs > times.awayMs) throw error;
    if (awayMs > times.patientMs) yield* this.#wait(`Ray at ${ray.address} does not answer.`);
  }

  async #hasStopped(): Promise<boolean> {
    const { ray, attempt, times } = this.#given;
    if (this.#stoppingSince === null) {
      this.#stoppingSince = performance.now();
      await ray.stop(attempt.submissionId).catch(() => undefined);
      // What waits for a place has nothing to save.
      if (this.#isPending) return true;
    }
    return this.#hasLeft || performance.now() - this.#stoppingSince > times.stopMs;
  }

  async *#wait(reason: string): AsyncGenerator<PlaceEvent> {
    if (this.#waiting === reason) return;
    this.#waiting = reason;
    yield { type: 'wait', reason };
  }

  async *#goOn(): AsyncGenerator<PlaceEvent> {
    if (this.#waiting === null) return;
    this.#waiting = null;
    yield { type: 'go-on' };
  }
}
