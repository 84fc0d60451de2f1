import { expect, test } from 'vitest';
import { inOrder } from './in-order.js';

test('results come in order, and no more are under way than allowed', async () => {
  let underWay = 0;
  let most = 0;
  const work = async (n: number) => {
    most = Math.max(most, ++underWay);
    // Later items end first.
    await new Promise((resolve) => setTimeout(resolve, 5 - (n % 5)));
    underWay--;
    return n;
  };
  const found: number[] = [];
  for await (const n of inOrder(Array(20).keys(), 4, work)) found.push(n);
  expect(found).toEqual([...Array(20).keys()]);
  expect(most).toBe(4);
  expect((await inOrder([], 4, work).next()).done).toBe(true);
});

test('what fails is thrown in its turn, and whoever leaves begins nothing more', async () => {
  const begun: number[] = [];
  const work = (n: number) => {
    begun.push(n);
    return n === 2 ? Promise.reject(new Error('two')) : Promise.resolve(n);
  };
  const found: number[] = [];
  await expect(async () => {
    for await (const n of inOrder(Array(9).keys(), 3, work)) found.push(n);
  }).rejects.toThrow('two');
  expect(found).toEqual([0, 1]);
  expect(begun.length).toBeLessThan(6);
});
