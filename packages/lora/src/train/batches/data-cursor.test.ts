import { expect, test } from 'vitest';
import { DataCursor, type DataOrder } from './data-cursor.js';

const COUNT = 12;
const examples = Array.from({ length: COUNT }, (_, i) => ({ tokens: Int32Array.of(i, i, i, i) }));

/** The examples of one epoch, two rows of one example each at a time. */
function epoch(cursor: DataCursor): number[] {
  const taken: number[] = [];
  while (taken.length < COUNT)
    taken.push(...cursor.next(2).flatMap(({ placements }) => placements.map((p) => p.example)));
  return taken;
}

const inOrder = [...examples.keys()];
const sorted = (taken: readonly number[]) => [...taken].sort((a, b) => a - b);
const cursorOf = (order: DataOrder, epochAt = 0) =>
  new DataCursor(examples, 4, order, { epoch: epochAt, row: 0 });

test('every epoch takes each example once, in another order, which the seed alone decides', () => {
  const cursor = cursorOf({ seed: 1 });
  const [first, second] = [epoch(cursor), epoch(cursor)];
  for (const taken of [first, second]) expect(sorted(taken)).toEqual(inOrder);
  expect(first).not.toEqual(inOrder);
  expect(second).not.toEqual(first);
  expect(epoch(cursorOf({ seed: 1, firstEpoch: 'shuffled' }))).toEqual(first);
  expect(epoch(cursorOf({ seed: 2 }))).not.toEqual(first);
});

test('where the order is given the first epoch keeps it, and the others are shuffled as ever', () => {
  const cursor = cursorOf({ seed: 1, firstEpoch: 'given' });
  expect(epoch(cursor)).toEqual(inOrder);
  expect(epoch(cursor)).toEqual(epoch(cursorOf({ seed: 1 }, 1)));
});
