import { type CpuInfo, cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for a meaningful share: the system counts in steps of 10 ms. */
const sampleMs = 120;

/**
 * How many threads to use now. llama.cpp's threads wait for each other by spinning, so one thread too many on a busy
 * machine is far slower than one too few (measured: 60 tokens/s with one thread, below 1 with two on two busy cores).
 * @param most threads for an idle machine: its physical cores
 * @returns at least half of `most`, so that low-priority work in the background does not slow answers down more
 */
export async function freeCores(most: number): Promise<number> {
  const before = cpus();
  await delay(sampleMs);
  return freeCoresBetween(before, cpus(), most);
}

/** The idle time between two readings, in cores, within half of `most` and `most`. */
export function freeCoresBetween(
  before: readonly Pick<CpuInfo, 'times'>[],
  after: readonly Pick<CpuInfo, 'times'>[],
  most: number,
): number {
  const total = sum(after.map(allTime)) - sum(before.map(allTime));
  const idle = sum(after.map(idleTime)) - sum(before.map(idleTime));
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
