import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { IndexFreshness } from './freshness.js';
import { FreshnessCache } from './freshness-cache.js';

const project = { id: 'a', path: '/code' };
const changed = (changedSince: number): IndexFreshness => ({
  ...{ commit: null, indexedAt: '2026-01-01T00:00:00.000Z', complete: true, changedSince },
});

/** A look that ends when the test says so; each finds one change more than the one before. */
function lookByHand() {
  const ends: (() => void)[] = [];
  const cache = new FreshnessCache(
    () =>
      new Promise((resolve) => {
        const found = changed(ends.length);
        ends.push(() => resolve(found));
      }),
  );
  return { cache, ends };
}

it('looks once for all who ask at a time, and tells it again for as long as they want', async () => {
  const { cache, ends } = lookByHand();
  const asked = [cache.of(project, { maxAgeMs: 60_000 }), cache.of(project, { maxAgeMs: 0 })];
  ends[0]?.();
  expect(await Promise.all(asked)).toEqual([changed(0), changed(0)]);
  expect(await cache.of(project, { maxAgeMs: 60_000 })).toEqual(changed(0));
  expect(ends).toHaveLength(1);
  const again = cache.of(project, { maxAgeMs: 0 });
  ends[1]?.();
  expect(await again).toEqual(changed(1));
});

it('tells what was known before to those without patience, and keeps what the look finds', async () => {
  const { cache, ends } = lookByHand();
  expect(await cache.of(project, { maxAgeMs: 0, patienceMs: 5 })).toBeNull();
  ends[0]?.();
  await delay(0);
  expect(await cache.of(project, { maxAgeMs: 0, patienceMs: 5 })).toEqual(changed(0));
  ends[1]?.();
  await delay(0);
  expect(await cache.of(project, { maxAgeMs: 60_000 })).toEqual(changed(1));
});

it('forgets a project, also what a look that began before will find', async () => {
  const { cache, ends } = lookByHand();
  const before = cache.of(project, { maxAgeMs: 60_000 });
  cache.forget(project.id);
  const after = cache.of(project, { maxAgeMs: 60_000 });
  expect(ends).toHaveLength(2);
  ends[1]?.();
  ends[0]?.();
  expect(await before).toEqual(changed(0));
  expect(await after).toEqual(changed(1));
  expect(await cache.of(project, { maxAgeMs: 60_000 })).toEqual(changed(1));
});

it('tells null where looking fails', async () => {
  const cache = new FreshnessCache(() => Promise.reject(new Error('damaged')));
  expect(await cache.of(project, { maxAgeMs: 0 })).toBeNull();
});
