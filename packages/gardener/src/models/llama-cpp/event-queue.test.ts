import { expect, it } from 'vitest';
import { EventQueue } from './event-queue.js';

async function read<T>(queue: EventQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

it('gives what was pushed before and after reading began, then ends', async () => {
  const queue = new EventQueue<number>(() => undefined);
  queue.push(1);
  const reading = read(queue);
  await Promise.resolve();
  queue.push(2);
  queue.push(3);
  queue.end();
  expect(await reading).toEqual([1, 2, 3]);
});

it('gives what came before an error, then throws it', async () => {
  const queue = new EventQueue<number>(() => undefined);
  queue.push(1);
  queue.fail(new Error('broken'));
  expect(await queue.next()).toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow('broken');
});

it('says when its reader leaves early, and not otherwise', async () => {
  let left = 0;
  const queue = new EventQueue<number>(() => left++);
  queue.push(1);
  for await (const _ of queue) break;
  expect(left).toBe(1);
  const whole = new EventQueue<number>(() => left++);
  whole.end();
  await read(whole);
  await whole.return();
  expect(left).toBe(1);
});
