import { expect, test } from 'vitest';
import { best } from './choose-strength.js';

test('the strength with the lowest loss is taken; of equal ones the greatest', () => {
  const losses = [
    { strength: 1, loss: 1.31 },
    { strength: 0.75, loss: 1.29 },
    { strength: 0.5, loss: 1.3 },
  ];
  expect(best(losses)).toMatchObject({
    strength: 0.75,
    losses,
    reason:
      'Strength 0.75 has the lowest loss on validation files (1.310 at 1, 1.290 at 0.75, 1.300 at 0.5).',
  });
  expect(best(losses.map((one) => ({ ...one, loss: 1 }))).strength).toBe(1);
});
