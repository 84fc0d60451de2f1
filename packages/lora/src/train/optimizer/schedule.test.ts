import { expect, test } from 'vitest';
import { type LearningRates, learningRateAt } from './schedule.js';

const STEPS = 100;
const ratesOf = (schedule: LearningRates['schedule'], warmupSteps = 10, steps = STEPS) =>
  Array.from({ length: steps }, (_, i) =>
    learningRateAt(i + 1, steps, { learningRate: 2, schedule, warmupSteps }),
  );

test('every schedule that warms up rises evenly to the peak, in a tenth of the steps at most', () => {
  for (const schedule of ['cosine', 'linear'] as const) {
    const rates = ratesOf(schedule);
    for (let step = 1; step <= 10; step++) expect(rates[step - 1]).toBeCloseTo(0.2 * step);
    expect(Math.max(...rates)).toBeCloseTo(2);
    expect(ratesOf(schedule, 20, 30)[2]).toBeCloseTo(2);
  }
});

test('a cosine ends at a tenth of the peak, half way it is in the middle between the two', () => {
  const rates = ratesOf('cosine');
  expect(rates.at(-1)).toBeCloseTo(0.2);
  expect(rates[54]).toBeCloseTo(1.1);
});

test('straight down, every step takes as much off, and behind the last one there is nothing', () => {
  const rates = ratesOf('linear');
  const fall = 2 / 90;
  for (let step = 11; step < STEPS; step++) expect(rates[step - 1]! - rates[step]!).toBeCloseTo(fall);
  expect(rates.at(-1)).toBeCloseTo(fall);
  expect(ratesOf('linear', 0, 1)).toEqual([2]);
});

test('constant is the peak from the first step on', () => {
  expect(new Set(ratesOf('constant'))).toEqual(new Set([2]));
});
