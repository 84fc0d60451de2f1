/**
 * Learning rate of a step: 1) linear warm-up to `peak`, 2) half a cosine down to a tenth of it at the last step.
 * @param step from 1
 */
export function scheduledLearningRate(
  step: number,
  steps: number,
  warmupSteps: number,
  peak: number,
): number {
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  const floor = peak / 10;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
}
