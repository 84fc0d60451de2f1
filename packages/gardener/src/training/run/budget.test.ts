import { expect, test } from 'vitest';
import type { RunEvent } from '../../garden/runs/runs.js';
import { Budget, spentBudgetMs } from './budget.js';

const at = (seconds: number): string => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
const start = (seconds: number): RunEvent => ({
  type: 'run-start',
  pid: 1,
  processStart: 'x',
  time: at(seconds),
});
const stage = (seconds: number, name: 'preparing' | 'training' | 'evaluating'): RunEvent => ({
  type: 'stage-start',
  stage: name,
  time: at(seconds),
});
const saved = (seconds: number): RunEvent => ({ type: 'checkpoint-save', step: 1, time: at(seconds) });

/** What measuring the base took, in scoring and in llama.cpp. */
const took = (ms: number) => ({ durationMs: { scoring: ms / 2, serving: ms / 2 } });

test('preparing costs nothing, training and evaluating do', () => {
  expect(spentBudgetMs([start(0), stage(1, 'preparing')])).toBe(0);
  expect(spentBudgetMs([start(0), stage(1, 'preparing'), stage(60, 'training'), saved(90)])).toBe(30_000);
  const whole = [start(0), stage(60, 'training'), saved(90), stage(100, 'evaluating'), saved(110)];
  expect(spentBudgetMs(whole)).toBe(50_000);
});

test('time between a death and the next start is not spent', () => {
  const events: RunEvent[] = [
    start(0),
    stage(10, 'training'),
    saved(40),
    { type: 'run-interrupt', reason: 'killed', time: at(500) },
    start(600),
    stage(601, 'preparing'),
    stage(605, 'training'),
    saved(625),
  ];
  expect(spentBudgetMs(events)).toBe(50_000);
});

test('time between a failure and taking the run up again is not spent', () => {
  const failure = { code: 'models.runner-died', message: 'It died.', remedy: 'Again.' };
  const events: RunEvent[] = [
    start(0),
    stage(10, 'training'),
    saved(40),
    { type: 'run-fail', error: failure, time: at(45) },
    { type: 'run-resume', time: at(5_000) },
    start(5_001),
    stage(5_005, 'training'),
    saved(5_025),
  ];
  expect(spentBudgetMs(events)).toBe(55_000);
});

test('a clock that is set back takes nothing off what was spent', () => {
  const events = [start(1000), stage(1010, 'training'), saved(1040), saved(40), saved(60)];
  expect(spentBudgetMs(events)).toBe(50_000);
});

test('waiting costs nothing, what comes before and after does', () => {
  const events: RunEvent[] = [
    start(0),
    stage(10, 'training'),
    { type: 'wait', reason: 'on battery', time: at(20) },
    saved(21),
    { type: 'go-on', time: at(5_000) },
    saved(5_030),
  ];
  expect(spentBudgetMs(events)).toBe(40_000);
  // Paused or killed in the middle of it.
  expect(spentBudgetMs([...events.slice(0, 4), { type: 'run-pause', time: at(900) }])).toBe(10_000);
});

test('training gets what evaluation leaves, and never nothing', () => {
  const budget = new Budget(180_000, 20_000);
  expect(budget.trainingMs(took(30_000))).toBeGreaterThan(105_000);
  expect(budget.trainingMs(took(30_000))).toBeLessThanOrEqual(160_000 - 36_000 - 5_000);
  expect(new Budget(10_000, 60_000).trainingMs(took(30_000))).toBeGreaterThan(0);
  // Measuring the base took nearly all of the time: training gets its share, but nothing twice.
  expect(new Budget(180_000, 0).trainingMs(took(170_000))).toBe(45_000);
  expect(new Budget(180_000, 170_000).trainingMs(took(170_000))).toBe(10_000);
});
