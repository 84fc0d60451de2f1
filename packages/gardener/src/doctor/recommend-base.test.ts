import { expect, it } from 'vitest';
import { listModels } from '../models/store/catalogue.js';
import { CANDIDATE_BASES, recommendBase } from './recommend-base.js';

const [LARGE, SMALL, DEFAULT] = CANDIDATE_BASES.map(({ id }) => id);
const fast = { memoryBytes: 64e9, cores: 16, multiplyAddsPerSecond: 4e12 };

it.each([
  ['much memory, fast', fast, LARGE],
  ['much memory, too slow for the largest in time', { ...fast, multiplyAddsPerSecond: 2e11 }, SMALL],
  ['7 GB: half of it is for others', { ...fast, memoryBytes: 7e9 }, SMALL],
  ['3 GB', { ...fast, memoryBytes: 3e9 }, DEFAULT],
  ['so slow that none ends in time', { ...fast, multiplyAddsPerSecond: 1e9 }, DEFAULT],
  ['not measured, few cores', { ...fast, cores: 4, multiplyAddsPerSecond: null }, SMALL],
  ['not measured, many cores', { ...fast, multiplyAddsPerSecond: null }, LARGE],
])('%s', (_, machine, id) => {
  const advice = recommendBase(machine);
  expect(advice?.id).toBe(id);
  expect(advice?.passMs === null).toBe(machine.multiplyAddsPerSecond === null);
});

it('a pass takes half as long on a machine that is twice as fast', () => {
  const [slow, quick] = [1e12, 2e12].map((speed) => recommendBase({ ...fast, multiplyAddsPerSecond: speed }));
  expect(slow?.id).toBe(quick?.id);
  expect((slow?.passMs ?? 0) / (quick?.passMs ?? 1)).toBeCloseTo(2);
});

it('recommends what the catalogue has, and nothing where there is nothing', () => {
  const bases = listModels().flatMap(({ id, kind }) => (kind === 'base' ? [id] : []));
  expect(bases).toEqual(expect.arrayContaining(CANDIDATE_BASES.map(({ id }) => id)));
  expect(recommendBase(fast, [])).toBeNull();
});
