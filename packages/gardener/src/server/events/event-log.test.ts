import { expect, it } from 'vitest';
import { EventLog } from './event-log.js';
import type { Happening } from './happenings.js';

const never = new AbortController().signal;

const logged = (message: string): Happening => ({
  event: 'run',
  data: { projectId: 'p', runId: 'r', event: { type: 'log', time: '', message } },
});

it('gives each client what follows its place, in order', () => {
  const log = new EventLog();
  for (let n = 0; n < 600; n++) log.publish('p', logged(`${n}`));
  const place = log.placeOf(`${log.instance}-100`)!;
  const first = log.after(place);
  expect(first.map(({ n }) => n)).toEqual(Array.from({ length: 256 }, (_, n) => n + 101));
  expect(log.after(first.at(-1)!.n)[0]!.n).toBe(357);
  expect(log.after(600)).toEqual([]);
});

it('knows the ids that it can go on from, and no others', () => {
  const log = new EventLog();
  expect(log.placeOf(`${log.instance}-0`)).toBe(0);
  for (let n = 0; n < 5_000; n++) log.publish('p', logged(''));
  expect(log.placeOf(`${log.instance}-5000`)).toBe(5_000);
  expect(log.placeOf(`${log.instance}-904`)).toBe(904);
  expect(log.placeOf(`${log.instance}-903`)).toBeNull();
  expect(log.placeOf(`${log.instance}-5001`)).toBeNull();
  expect(log.placeOf('abcdefgh-5000')).toBeNull();
  expect(log.placeOf('nonsense')).toBeNull();
});

it('keeps no more than 8 MiB, whatever is published', () => {
  const log = new EventLog();
  const large = 'x'.repeat(1024 ** 2);
  for (let n = 0; n < 20; n++) log.publish('p', logged(large));
  expect(log.holds(12)).toBe(false);
  expect(log.after(0)).toHaveLength(7);
  log.publish('p', logged('x'.repeat(10 * 1024 ** 2)));
  expect(log.after(0).map(({ n }) => n)).toEqual([21]);
});

it('wakes who waits at the next event, when the time is over, and when the client goes', async () => {
  const log = new EventLog();
  const waiting = log.next(0, 60_000, never);
  log.publish('p', logged(''));
  await waiting;
  await log.next(0, 60_000, never);
  await log.next(1, 1, never);
  const client = new AbortController();
  const gone = log.next(1, 60_000, client.signal);
  client.abort();
  await gone;
});
