import { type CpuInfo, cpus } from 'node:os';

/** Time between two readings while nothing is asked; the last one or two of them tell how busy the machine is. */
const BETWEEN_READINGS_MS = 1_000;
/** A shorter span says little: the system counts in steps of 10 ms. */
const SHORTEST_SPAN_MS = 120;

interface Reading {
  times: readonly Pick<CpuInfo, 'times'>[];
  takenMs: number;
}

/**
 * Watches how many cores others leave free, so that an answer need not wait for a measurement. llama.cpp's threads wait
 * for each other by spinning, so one thread too many on a busy machine is far slower than one too few (measured: 60
 * tokens/s with one thread, below 1 with two on two busy cores).
 */
export class CoreWatch {
  /** Threads for an idle machine. */
  readonly most: number;
  readonly #isFixed: boolean;
  readonly #times: () => Reading['times'];
  #readings: Reading[] = [];
  #threads: number;
  /** Jobs of this process under way. */
  #jobs = 0;

  /**
   * @param fixed as many whatever others do; 0 = look
   * @param cores physical cores of the machine
   * @param times what the system counts for each core. Defaults to what it says
   */
  constructor(fixed: number, cores: number, times: () => Reading['times'] = cpus) {
    this.#times = times;
    this.#isFixed = fixed > 0;
    this.most = this.#isFixed ? fixed : Math.max(1, cores);
    this.#threads = this.most;
    if (this.#isFixed) return;
    this.#read();
    setInterval(() => this.#read(), BETWEEN_READINGS_MS).unref();
  }

  /** How many threads to use for the job that began last. */
  get free(): number {
    return this.#threads;
  }

  /** To be called when a job begins. Beside another job of this process what was found for that one holds. */
  begin(): void {
    this.#jobs += 1;
    const now = performance.now();
    const before = this.#readings.findLast(({ takenMs }) => now - takenMs >= SHORTEST_SPAN_MS);
    if (this.#isFixed || this.#jobs > 1 || before === undefined) return;
    this.#threads = freeCoresBetween(before.times, this.#times(), this.most);
  }

  /** To be called when a job ends, so that this process's own work is not taken for that of others. */
  end(): void {
    this.#jobs -= 1;
    if (this.#jobs > 0) return;
    this.#readings = [];
    if (!this.#isFixed) this.#read();
  }

  #read(): void {
    if (this.#jobs > 0) return;
    this.#readings = [...this.#readings, { times: this.#times(), takenMs: performance.now() }].slice(-2);
  }
}

/** The idle time between two readings, in cores, within half of `most` (rounded down) and `most`. */
export function freeCoresBetween(
  before: readonly Pick<CpuInfo, 'times'>[],
  after: readonly Pick<CpuInfo, 'times'>[],
  most: number,
): number {
  const total = sum(after.map(allTime)) - sum(before.map(allTime));
  const idle = sum(after.map(idleTime)) - sum(before.map(idleTime));
  // So that low-priority work in the background does not slow answers down more.
  const least = Math.max(1, Math.floor(most / 2));
  // Where the system tells nothing (some containers), the machine counts as idle.
  if (total <= 0) return Math.max(least, most);
  return Math.min(most, Math.max(least, Math.round((idle / total) * most)));
}

function idleTime({ times }: Pick<CpuInfo, 'times'>): number {
  return times.idle;
}

function allTime({ times }: Pick<CpuInfo, 'times'>): number {
  return times.user + times.nice + times.sys + times.irq + times.idle;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
