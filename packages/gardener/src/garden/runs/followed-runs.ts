import { LRUCache } from 'lru-cache';
import { sizeOfRunEvents } from './run-events.js';

/** What reads on in one run's events. */
interface Reader<T> {
  readonly nextByte: number;
  refresh(): Promise<T>;
}

interface Followed<T> {
  reader: Reader<T>;
  /** The last reading: they take turns, so that nothing is counted twice. */
  turn: Promise<unknown>;
}

/** Runs whose place in their events is remembered. */
const REMEMBERED = 64;

/**
 * The states of the runs that were asked for last. A state is asked for with every look at a project, and a long
 * training has thousands of events: only what was added is read.
 */
export class FollowedRuns<T> {
  readonly #runs = new LRUCache<string, Followed<T>>({ max: REMEMBERED });

  constructor(private readonly follow: (runDir: string) => Reader<T>) {}

  /** @throws what reading throws, garden.file-missing once the run has been removed */
  async read(runDir: string): Promise<T> {
    const run = this.#runs.get(runDir) ?? { reader: this.follow(runDir), turn: Promise.resolve() };
    this.#runs.set(runDir, run);
    const reading = run.turn.then(async () => {
      // A file that became shorter is another one.
      if ((await sizeOfRunEvents(runDir)) < run.reader.nextByte) run.reader = this.follow(runDir);
      return run.reader.refresh();
    });
    run.turn = reading.catch(() => this.#runs.delete(runDir));
    return reading;
  }
}
