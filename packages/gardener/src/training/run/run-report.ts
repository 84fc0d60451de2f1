import { appendEvent, type RunEventInput } from '../../garden/runs/runs.js';

const PROGRESS_EVERY_MS = 500;

/**
 * Writes a run's events in order; progress at most twice a second, so that the progress of thousands of files does not
 * bury the other events.
 */
export class RunReport {
  #tail: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #progressAt = 0;
  #progressKey = '';

  constructor(readonly runDirectory: string) {}

  /**
   * Appends an event after those before it. @throws what an earlier, unawaited append met, such as `garden.disk-full`
   */
  async event(event: RunEventInput): Promise<void> {
    this.#enqueue(event);
    await this.written();
  }

  /** Resolves when all that was noted is written: before work during which nothing else happens. @throws as `event` */
  async written(): Promise<void> {
    await this.#tail;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Notes progress without waiting. A new stage or label, and the last step, are always written. */
  progress(stage: string, done: number, total: number | null, label: string | null = null): void {
    const key = `${stage}\n${label}`;
    const now = performance.now();
    const isDue = now - this.#progressAt >= PROGRESS_EVERY_MS;
    if (!isDue && key === this.#progressKey && done !== total) return;
    this.#progressAt = now;
    this.#progressKey = key;
    this.#enqueue({ type: 'progress', stage, done, total, label });
  }

  #enqueue(event: RunEventInput): void {
    this.#tail = this.#tail
      .then(() => appendEvent(this.runDirectory, event))
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }
}
