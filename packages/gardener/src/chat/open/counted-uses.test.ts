import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CountedUses, type CountedUsesOptions } from './counted-uses.js';

/** Values named for their settings and how many were started before. */
function counted(options: Partial<CountedUsesOptions<string, string>> = {}) {
  const started: string[] = [];
  const disposed: string[] = [];
  const uses = new CountedUses<string, string>({
    start: async (settings) => {
      const value = `${settings}${started.length}`;
      started.push(value);
      await delay(1);
      return value;
    },
    dispose: async (value) => {
      disposed.push(value);
    },
    most: 2,
    ...options,
  });
  return { uses, started, disposed };
}

it('starts one value for all who ask at a time, and keeps it between uses', async () => {
  const { uses, started, disposed } = counted();
  const [one, two] = await Promise.all([uses.use('a'), uses.use('a')]);
  expect([one.value, two.value]).toEqual(['a0', 'a0']);
  one.release();
  two.release();
  expect((await uses.use('a')).value).toBe('a0');
  expect(started).toEqual(['a0']);
  expect(uses.started).toEqual(['a0']);
  expect(disposed).toEqual([]);
});

it('disposes the one used longest ago when there are too many, but none in use', async () => {
  const { uses, disposed } = counted();
  const a = await uses.use('a');
  for (const settings of ['b', 'c']) (await uses.use(settings)).release();
  expect(disposed).toEqual(['b1']);
  const d = await uses.use('d');
  expect(disposed).toEqual(['b1', 'c2']);
  a.release();
  a.release();
  (await uses.use('e')).release();
  expect(disposed).toEqual(['b1', 'c2', 'a0']);
  d.release();
});

it('replaces what is no longer wanted once its last user gives it back', async () => {
  let wanted = 'a';
  const { uses, disposed } = counted({ isWanted: (settings) => settings === wanted });
  const [one, two] = await Promise.all([uses.use('a'), uses.use('a')]);
  wanted = 'b';
  expect((await uses.use('b')).value).toBe('b1');
  one.release();
  // A second release of the same user must not count for the other one.
  one.release();
  await delay(2);
  expect(disposed).toEqual([]);
  two.release();
  await delay(2);
  expect(disposed).toEqual(['a0']);
  expect(uses.started).toEqual(['b1']);
});

it('fails all who waited for a start that fails, and tries again for the next', async () => {
  let attempts = 0;
  const { uses, disposed } = counted({
    start: async () => {
      attempts += 1;
      await delay(1);
      if (attempts === 1) throw new Error('no memory');
      return 'started';
    },
  });
  const asked = await Promise.allSettled([uses.use('a'), uses.use('a')]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(attempts).toBe(1);
  expect((await uses.use('a')).value).toBe('started');
  expect(disposed).toEqual([]);
});

it('closes what nobody uses, and at the end everything, each value once', async () => {
  const { uses, disposed } = counted();
  const a = await uses.use('a');
  (await uses.use('b')).release();
  await uses.closeUnused();
  expect(disposed).toEqual(['b1']);
  const starting = uses.use('c');
  await uses.close();
  expect(disposed.toSorted()).toEqual(['a0', 'b1', 'c2']);
  a.release();
  (await starting).release();
  await delay(2);
  expect(disposed).toHaveLength(3);
  expect((await uses.use('a')).value).toBe('a3');
});
