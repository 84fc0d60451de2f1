import { expect, it, vi } from 'vitest';
import { type CoreTimes, CoreWatch, freeCoresBetween, threadsFor } from './free-cores.js';

const NOTHING: CoreTimes = { all: 0, busy: 0, own: 0 };

it.each([
  { busy: 0, own: 0, most: 2, free: 2 },
  { busy: 100, own: 0, most: 2, free: 1 },
  { busy: 200, own: 0, most: 2, free: 1 },
  { busy: 200, own: 0, most: 8, free: 4 },
  { busy: 50, own: 0, most: 8, free: 6 },
  { busy: 200, own: 0, most: 1, free: 1 },
  // This process's own work is nobody else's.
  { busy: 200, own: 200, most: 2, free: 2 },
  { busy: 200, own: 100, most: 2, free: 1 },
  // Counted a moment apart.
  { busy: 100, own: 110, most: 2, free: 2 },
])('takes $free of $most where of 200 ms $busy were busy, $own of them with own work', (row) => {
  expect(freeCoresBetween(NOTHING, { all: 200, busy: row.busy, own: row.own }, row.most)).toBe(row.free);
});

it('counts a system that tells nothing as idle', () => {
  expect(freeCoresBetween(NOTHING, NOTHING, 4)).toBe(4);
});

it.each([
  { physical: 1, logical: 2, threads: 2 },
  { physical: 1, logical: 1, threads: 1 },
  { physical: 4, logical: 8, threads: 4 },
  { physical: 0, logical: 1, threads: 1 },
])('is for $threads threads with $physical physical and $logical logical cores', (row) => {
  expect(threadsFor(row.physical, row.logical)).toBe(row.threads);
});

it('reads this machine, and keeps to a number that is set', () => {
  const watch = new CoreWatch(0, 2);
  watch.begin();
  expect([1, 2]).toContain(watch.free);
  const fixed = new CoreWatch(3, 2);
  fixed.begin();
  expect([fixed.most, fixed.free]).toEqual([3, 3]);
});

it('follows what others do, also while an answer is written, and takes its own work for nobody else’s', () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  try {
    const times = { ...NOTHING };
    const told: number[] = [];
    const watch = new CoreWatch(
      0,
      4,
      (threads) => told.push(threads),
      () => ({ ...times }),
    );
    /** Two seconds in which this process and others take so many of four cores. */
    const pass = (own: number, others: number) => {
      for (let n = 0; n < 20; n++) {
        times.all += 400;
        times.own += 100 * own;
        times.busy += 100 * (own + others);
        vi.advanceTimersByTime(100);
      }
    };
    pass(0, 0);
    watch.begin();
    expect(watch.free).toBe(4);
    pass(4, 0);
    expect(watch.free).toBe(4);
    pass(2, 2);
    expect(watch.free).toBe(2);
    pass(2, 0);
    expect(watch.free).toBe(4);
    watch.end();
    pass(0, 4);
    watch.begin();
    expect(watch.free).toBe(2);
    expect(told.at(-1)).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
