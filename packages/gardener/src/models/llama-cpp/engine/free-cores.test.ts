import { expect, it, vi } from 'vitest';
import { CoreWatch, freeCoresBetween } from './free-cores.js';

function reading(...idle: number[]) {
  return idle.map((one) => ({ times: { user: 100 - one, nice: 0, sys: 0, irq: 0, idle: one } }));
}
const zero = (cores: number) =>
  Array.from({ length: cores }, () => ({ times: { user: 0, nice: 0, sys: 0, irq: 0, idle: 0 } }));

it.each([
  { idle: [100, 100], most: 2, free: 2 },
  { idle: [0, 100], most: 2, free: 1 },
  { idle: [0, 0], most: 2, free: 1 },
  { idle: [0, 0, 0, 0, 0, 0, 0, 0], most: 8, free: 4 },
  { idle: [100, 100, 100, 100, 100, 100, 0, 0], most: 8, free: 6 },
  // Two logical cores for each physical one.
  { idle: [100, 100, 100, 100], most: 2, free: 2 },
  { idle: [0], most: 1, free: 1 },
])('takes $free of $most where $idle % are idle', ({ idle, most, free }) => {
  expect(freeCoresBetween(zero(idle.length), reading(...idle), most)).toBe(free);
});

it('counts a system that tells nothing as idle', () => {
  expect(freeCoresBetween([], [], 4)).toBe(4);
  expect(freeCoresBetween(zero(2), zero(2), 2)).toBe(2);
});

it('reads this machine, and keeps to a number that is set', () => {
  const watch = new CoreWatch(0, 2);
  watch.begin();
  expect([1, 2]).toContain(watch.free);
  const fixed = new CoreWatch(3, 2);
  fixed.begin();
  expect([fixed.most, fixed.free]).toEqual([3, 3]);
});

it("takes this process's own work for nobody else's, also while another job goes on", () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval'] });
  try {
    let [idle, busy] = [0, 0];
    const core = () => ({ times: { user: busy, nice: 0, sys: 0, irq: 0, idle } });
    const watch = new CoreWatch(0, 4, () => [core(), core(), core(), core()]);
    const pass = (share: number) => {
      for (let second = 0; second < 2; second++) {
        idle += 1_000 * (1 - share);
        busy += 1_000 * share;
        vi.advanceTimersByTime(1_000);
      }
    };
    pass(0);
    watch.begin();
    expect(watch.free).toBe(4);
    // An answer is written on all cores, and beside it code is completed that somebody types.
    pass(1);
    watch.begin();
    expect(watch.free).toBe(4);
    watch.end();
    pass(1);
    watch.begin();
    expect(watch.free).toBe(4);
    watch.end();
    watch.end();
    // Now it is others.
    pass(1);
    watch.begin();
    expect(watch.free).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
