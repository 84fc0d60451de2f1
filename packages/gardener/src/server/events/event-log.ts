import { randomId } from '../../garden/files/random-id.js';
import type { Happening } from './happenings.js';

/** What happened, for every client that listens. */
export type LiveEvent = Happening & {
  /** `<instance>-<n>`: an id of another start of the server is known as such. */
  id: string;
  n: number;
  /** Null for what concerns everyone. */
  projectId: string | null;
};

/** Enough for minutes of training events; a client that falls further behind fetches everything anew. */
const KEPT_EVENTS = 4_096;
const KEPT_BYTES = 8 * 1024 ** 2;

/**
 * The last events in order. Clients read it at their own pace, each from its own place, so
 * that a slow one costs nothing.
 */
export class EventLog {
  readonly instance = randomId(8);
  readonly #events: { live: LiveEvent; bytes: number }[] = [];
  readonly #waiting = new Set<() => void>();
  #bytes = 0;
  #n = 0;

  /** The number of the last event; 0 before the first. */
  get last(): number {
    return this.#n;
  }

  publish(projectId: string | null, happening: Happening): void {
    this.#n += 1;
    const live = { id: `${this.instance}-${this.#n}`, n: this.#n, projectId, ...happening };
    const bytes = JSON.stringify(happening.data).length;
    this.#events.push({ live, bytes });
    this.#bytes += bytes;
    while (this.#events.length > KEPT_EVENTS || (this.#bytes > KEPT_BYTES && this.#events.length > 1)) {
      this.#bytes -= this.#events.shift()?.bytes ?? 0;
    }
    for (const wake of [...this.#waiting]) wake();
  }

  /** The place of an id of this server, or null when it is unknown or too far back. */
  placeOf(id: string): number | null {
    const [, instance, digits] = /^([a-z2-7]{8})-(\d{1,15})$/.exec(id) ?? [];
    const n = Number(digits);
    return instance === this.instance && n <= this.#n && this.holds(n) ? n : null;
  }

  /** Whether every event after `n` is still there. */
  holds(n: number): boolean {
    return n >= (this.#events[0]?.live.n ?? this.#n + 1) - 1;
  }

  /** The events after `n`, oldest first; at most 256 of them. */
  after(n: number): LiveEvent[] {
    const first = this.#events[0]?.live.n ?? 0;
    const start = Math.max(0, n + 1 - first);
    return this.#events.slice(start, start + 256).map(({ live }) => live);
  }

  /** Resolves at the next event after `n`, at the latest after `limitMs` or when the signal aborts. */
  async next(n: number, limitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#n > n || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, limitMs);
      const waiting = this.#waiting;
      function done() {
        clearTimeout(timer);
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      }
      waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
