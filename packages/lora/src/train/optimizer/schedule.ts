/** How the learning rate of the steps comes about. */
export interface LearningRates {
  /** The highest one. */
  learningRate: number;
  schedule: 'cosine' | 'linear' | 'constant';
  warmupSteps: number;
}

/**
 * Learning rate of a step: 1) linear warm-up to the peak, 2) half a cosine down to a tenth of it at the last step, or
 * with the schedule `linear` straight down to nothing behind it (https://arxiv.org/abs/2502.15938); with `constant`
 * always the peak.
 * @param step from 1
 */
export function learningRateAt(step: number, steps: number, rates: LearningRates): number {
  const { learningRate: peak, schedule } = rates;
  if (schedule === 'constant') return peak;
  const warmupSteps = Math.min(rates.warmupSteps, Math.ceil(steps / 10));
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (schedule === 'linear') return (peak * (steps - step + 1)) / Math.max(1, steps - warmupSteps);
  const floor = peak / 10;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
}
