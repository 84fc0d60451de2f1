import { expect, it } from 'vitest';
import { bestRetrieval, type PlaceLoss } from './choose-retrieval.js';

/** Places of four files, each `rise` nats worse with related code, but for what differs from place to place. */
function losses(rise: number, spread = 0.02): PlaceLoss[] {
  return Array.from({ length: 12 }, (_, i) => ({
    ...{ path: `file-${i % 4}.py`, tokens: 20, alone: 1.5 },
    retrieved: 1.5 + rise + (i % 2 === 0 ? spread : -spread),
  }));
}

it('related code is shown where the loss is lower with it, and not where it is surely higher', () => {
  const choice = bestRetrieval({ adapter: losses(0.3), base: losses(-0.3) }, 1);
  expect(choice).toMatchObject({ adapter: false, base: true, places: 12 });
  expect(choice.losses?.adapter.retrieved).toBeCloseTo(1.8);
  expect(choice.reason).toBe(
    'Related code is not shown to the adapter for completions: its loss at 12 places of validation files is 1.800 ' +
      'with it, 1.500 without; it is shown to the base (1.200 with it, 1.500 without).',
  );
});

it('a rise that chance explains, or one of a single file, leaves it on', () => {
  const uneven = losses(0).map((place, i) => ({ ...place, retrieved: 1.5 + (i % 4 === 0 ? 0.5 : -0.1) }));
  const single = losses(0.3).map((place) => ({ ...place, path: 'one.py' }));
  expect(bestRetrieval({ adapter: uneven, base: single }, 1)).toMatchObject({ adapter: true, base: true });
});
