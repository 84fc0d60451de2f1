import { expect, test } from 'vitest';
import type { PlannedRun } from './training-plan.js';
import { TrainingPlan } from './training-plan.js';

const OPTIONS = { budgetMs: 600_000 };
const MAX_STEPS = 100_000;

/** A plan that has seen 50 steps of 100 ms, by its own clock at once, and an evaluation of 3 s. */
function measured(): TrainingPlan {
  const plan = new TrainingPlan(OPTIONS, MAX_STEPS);
  plan.recordEvaluation(0, 3_000);
  for (let step = 1; step <= 50; step++) plan.recordStep(step, 100);
  return plan;
}

/** The same run in another process, half of its budget later. */
const later = (plan: PlannedRun['plan']): PlannedRun => ({ step: 2_500, elapsedMs: 300_000, plan });

test('a resumed run goes on by its plan from the first step on', () => {
  const { steps, state, evaluateEverySteps } = measured();
  expect(steps).toBeGreaterThan(4_000);
  expect(steps).toBeLessThan(6_000);
  const resumed = new TrainingPlan(OPTIONS, MAX_STEPS, later(state));
  const fitting = 2_500 + (300_000 - 3_000) / (100 + 3_000 / evaluateEverySteps);
  expect(Math.abs(resumed.steps - fitting)).toBeLessThan(30);
  expect(Math.abs(resumed.evaluateEverySteps - evaluateEverySteps)).toBeLessThan(50);
  expect(resumed.etaMs(2_500)).toBeGreaterThan(280_000);
  resumed.recordStep(2_501, 400);
  expect(Math.abs(resumed.steps - fitting)).toBeLessThan(30);
  // There is no time for another evaluation after one more step.
  const late = { step: 5_000, elapsedMs: 598_000, plan: state };
  expect(new TrainingPlan(OPTIONS, MAX_STEPS, late).isOver()).toBe(true);
});

test('without a plan, as in old checkpoints, or with one of no steps yet, it measures first', () => {
  for (const plan of [null, new TrainingPlan(OPTIONS, MAX_STEPS).state]) {
    const resumed = new TrainingPlan(OPTIONS, MAX_STEPS, later(plan));
    expect(resumed.steps).toBe(MAX_STEPS);
    for (let step = 1; step <= 4; step++) expect(resumed.recordStep(2_500 + step, 100)).toBe(step === 4);
    expect(resumed.steps).toBeLessThan(6_000);
  }
});

test('a resumed run follows another budget; one that was not at its end has a last step, and one that was has none', () => {
  const { state } = measured();
  const stepsWith = (options: ConstructorParameters<typeof TrainingPlan>[0], run: PlannedRun) =>
    new TrainingPlan(options, MAX_STEPS, run).steps;
  expect(stepsWith({ budgetMs: 1_200_000 }, later(state))).toBeGreaterThan(8_000);
  expect(stepsWith({ budgetMs: 1 }, later(state))).toBe(2_501);
  expect(stepsWith({ budgetMs: 1 }, later({ ...state, steps: 2_500 }))).toBe(2_500);
  expect(stepsWith({}, later(state))).toBe(MAX_STEPS);
  expect(stepsWith({ steps: 7_000 }, later(state))).toBe(7_000);
});

test('evaluations keep their distance while the plan changes, and come at multiples where that is told', () => {
  const due = (plan: TrainingPlan, paceMs: (step: number) => number, steps: number) => {
    const at: number[] = [];
    for (let step = 1; step <= steps; step++) {
      plan.recordStep(step, paceMs(step));
      if (!plan.isEvaluationDue(step)) continue;
      plan.recordEvaluation(step, 9_000);
      at.push(step);
    }
    return at;
  };
  const changing = new TrainingPlan(OPTIONS, MAX_STEPS);
  changing.recordEvaluation(0, 9_000);
  // On a machine that gets quicker, multiples of the distance in steps would be 258 and then 261.
  const at = due(changing, (step) => 1_300 - step, 300);
  const distances = at.slice(1).map((step, i) => step - at[i]!);
  expect(distances.length).toBeGreaterThan(1);
  expect(Math.min(...distances)).toBeGreaterThan(50);

  const told = new TrainingPlan({ ...OPTIONS, evaluation: { everySteps: 30 } }, MAX_STEPS);
  expect(due(told, () => 100, 100)).toEqual([30, 60, 90]);
  const resumed = new TrainingPlan({ steps: 100 }, MAX_STEPS, { step: 37, elapsedMs: 0, plan: null });
  expect([38, 39, 40].map((step) => resumed.isEvaluationDue(step))).toEqual([false, false, true]);

  // A resumed run knows when the last one was, and one that has turned back does not wait for where it was.
  const { state } = changing;
  const next = Math.max(...at) + changing.evaluateEverySteps;
  const goneOn = new TrainingPlan(OPTIONS, MAX_STEPS, { step: 300, elapsedMs: 300_000, plan: state });
  expect(goneOn.isEvaluationDue(next - 5)).toBe(false);
  expect(goneOn.isEvaluationDue(next + 50)).toBe(true);
  goneOn.turnBack(20);
  expect(goneOn.isEvaluationDue(20 + goneOn.evaluateEverySteps)).toBe(true);
});
