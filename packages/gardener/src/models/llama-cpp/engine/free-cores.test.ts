import { expect, it } from 'vitest';
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
  expect([1, 2]).toContain(new CoreWatch(0, 2).free());
  const fixed = new CoreWatch(3, 2);
  expect([fixed.most, fixed.free()]).toEqual([3, 3]);
});
