import { availableParallelism, type CpuInfo, cpus } from 'node:os';

/** Time between two readings while nothing is asked, and while something is written. */
const RESTING_MS = 1_000;
const WORKING_MS = 300;
/** A shorter span says little: the system counts in steps of 10 ms. */
const SHORTEST_SPAN_MS = 120;
/** Two logical cores that a machine calls one physical one are nearly twice as fast as one of them (measured). */
const FEWEST_ON_SHARED_CORE = 2;

/** What the system has counted until now, milliseconds of all logical cores together. */
export interface CoreTimes {
  all: number;
  /** Work at low priority is none: it makes room for ours. */
  busy: number;
  /** This process's part of `busy`. */
  own: number;
}

/**
 * Watches how many cores others leave free, and goes on while an answer is written. llama.cpp's threads wait for each
 * other by spinning, so on a busy machine one thread too many is slower than one too few (measured beside one other
 * busy process: a token in 65 ms with one thread, in 150 with two; beside two processes of low priority 64 and 38).
 */
export class CoreWatch {
  /** Threads for an idle machine. */
  readonly most: number;
  readonly #isFixed: boolean;
  readonly #onChange: (threads: number) => void;
  readonly #times: () => CoreTimes;
  #last: { times: CoreTimes; takenMs: number };
  #threads: number;
  /** Jobs of this process under way, and what reads meanwhile. */
  #jobs = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param fixed as many whatever others do; 0 = look
   * @param cores physical cores of the machine
   * @param onChange told while something is written
   * @param times what the system counts. Defaults to what it says
   */
  constructor(
    fixed: number,
    cores: number,
    onChange: (threads: number) => void = () => undefined,
    times: () => CoreTimes = coreTimes,
  ) {
    this.#times = times;
    this.#onChange = onChange;
    this.#isFixed = fixed > 0;
    this.most = this.#isFixed ? fixed : threadsFor(cores, availableParallelism());
    this.#threads = this.most;
    this.#last = { times: this.#times(), takenMs: performance.now() };
    this.#readEvery(RESTING_MS);
  }

  /** How many threads to use now. */
  get free(): number {
    return this.#threads;
  }

  /** To be called when a job begins. */
  begin(): void {
    this.#jobs += 1;
    if (this.#jobs > 1) return;
    this.#read();
    this.#readEvery(WORKING_MS);
  }

  /** To be called when a job ends. */
  end(): void {
    this.#jobs -= 1;
    if (this.#jobs === 0) this.#readEvery(RESTING_MS);
  }

  #readEvery(ms: number): void {
    if (this.#isFixed) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#read(), ms).unref();
  }

  #read(): void {
    const takenMs = performance.now();
    if (this.#isFixed || takenMs - this.#last.takenMs < SHORTEST_SPAN_MS) return;
    const times = this.#times();
    const threads = freeCoresBetween(this.#last.times, times, this.most);
    this.#last = { times, takenMs };
    if (threads === this.#threads) return;
    this.#threads = threads;
    this.#onChange(threads);
  }
}

/** How many threads an idle machine of so many physical and logical cores is for. */
export function threadsFor(physical: number, logical: number): number {
  return Math.max(1, physical, Math.min(FEWEST_ON_SHARED_CORE, logical));
}

/** What others left free between two readings, in cores, within half of `most` (rounded down) and `most`. */
export function freeCoresBetween(before: CoreTimes, after: CoreTimes, most: number): number {
  const all = after.all - before.all;
  const others = Math.max(0, after.busy - before.busy - (after.own - before.own));
  const least = Math.max(1, Math.floor(most / 2));
  // Where the system tells nothing (some containers), the machine counts as idle.
  if (all <= 0) return Math.max(least, most);
  return Math.min(most, Math.max(least, Math.round((1 - others / all) * most)));
}

function coreTimes(): CoreTimes {
  const each = cpus().map(({ times }) => times);
  const { user, system } = process.cpuUsage();
  return { all: sum(each.map(allTime)), busy: sum(each.map(busyTime)), own: (user + system) / 1_000 };
}

type Times = CpuInfo['times'];

function busyTime({ user, sys, irq }: Times): number {
  return user + sys + irq;
}

function allTime(times: Times): number {
  return busyTime(times) + times.nice + times.idle;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
