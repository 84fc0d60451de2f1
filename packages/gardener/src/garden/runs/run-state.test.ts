import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTerminal, type RunEvent, type RunEventInput } from './run-events.js';
import { INITIAL_RUN_STATE, reduceRun } from './run-state.js';

let second = 0;
const at = (input: RunEventInput): RunEvent =>
  ({ ...input, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString() }) as RunEvent;

const step = (n: number, loss = 2, peakMemoryBytes = 100): RunEvent =>
  at({
    type: 'step-end',
    step: n,
    steps: 50,
    loss,
    learningRate: 1e-3,
    tokensPerSecond: 300,
    etaMs: 9000,
    peakMemoryBytes,
  });
const start = (pid = 7) => at({ type: 'run-start', pid, processStart: 'then' });
const stage = (name: 'preparing' | 'training' | 'evaluating') => at({ type: 'stage-start', stage: name });

test('a whole run', () => {
  const events = [
    at({ type: 'run-queue' }),
    start(),
    stage('preparing'),
    at({ type: 'progress', stage: 'indexing', done: 3, total: 10, label: 'a.ts' }),
    stage('training'),
    at({ type: 'progress', stage: 'measuring the base model', done: 20, total: 20, label: null }),
    at({ type: 'plan', steps: 50, tokensPerSecond: 310 }),
    step(1, 2, 500),
    step(2, 1.9, 400),
    at({ type: 'validation-end', step: 2, loss: 1.7, best: true }),
    at({ type: 'validation-end', step: 3, loss: 1.8, best: false }),
    at({ type: 'checkpoint-save', step: 2 }),
    stage('evaluating'),
    at({ type: 'evaluation-end', scorecard: { n: 1 } }),
    at({ type: 'run-complete', reason: 'better by 9 %', adapterVersion: 3, promoted: true }),
  ];
  expect(reduceRun(events.slice(0, 4))).toMatchObject({
    status: 'preparing',
    workerPid: 7,
    workerStart: 'then',
    progress: { stage: 'indexing', done: 3, total: 10, label: 'a.ts' },
  });
  expect(reduceRun(events.slice(0, 9))).toMatchObject({
    status: 'training',
    step: 2,
    steps: 50,
    loss: 1.9,
    etaMs: 9000,
    peakMemoryBytes: 500,
    progress: null,
  });
  expect(reduceRun(events)).toEqual({
    ...INITIAL_RUN_STATE,
    status: 'completed',
    reason: 'better by 9 %',
    step: 2,
    // What was planned and not reached is no part of it any more.
    steps: 2,
    loss: 1.9,
    validationLoss: 1.7,
    tokensPerSecond: 300,
    peakMemoryBytes: 500,
    attempts: 1,
    checkpointStep: 2,
    scorecard: { n: 1 },
    adapterVersion: 3,
    promoted: true,
    finished: true,
    updatedAt: events.at(-1)?.time,
  });
});

test('interruptions count from the last checkpoint, attempts from the beginning', () => {
  const death = () => at({ type: 'run-interrupt', reason: 'killed' });
  const state = reduceRun([
    start(1),
    death(),
    start(2),
    at({ type: 'checkpoint-save', step: 4 }),
    death(),
    start(3),
    death(),
  ]);
  expect(state).toMatchObject({
    status: 'queued',
    reason: 'killed',
    attempts: 3,
    interruptions: 2,
    workerPid: null,
  });
});

test('pause, resume, failure, too little data', () => {
  const fail: RunEvent = at({
    type: 'run-fail',
    error: { code: 'a.b', message: 'It broke.', remedy: 'Mend it.' },
  });
  expect(reduceRun([start(), at({ type: 'run-pause' })])).toMatchObject({
    status: 'paused',
    workerPid: null,
    finished: false,
  });
  expect(reduceRun([at({ type: 'run-pause' }), at({ type: 'run-resume' })]).status).toBe('queued');
  expect(reduceRun([start(), fail])).toMatchObject({
    status: 'failed',
    reason: 'It broke.',
    error: { code: 'a.b' },
    workerPid: null,
  });
  expect(reduceRun([at({ type: 'run-not-started', reason: 'Too small.' })])).toMatchObject({
    status: 'not_started',
    reason: 'Too small.',
    finished: true,
  });
});

test('a run that waits is still training, and says why', () => {
  const waiting = [start(), stage('training'), step(3), at({ type: 'wait', reason: 'On battery.' })];
  expect(reduceRun(waiting)).toMatchObject({
    status: 'training',
    reason: 'On battery.',
    step: 3,
    etaMs: null,
  });
  expect(reduceRun([...waiting, at({ type: 'go-on' })])).toMatchObject({ status: 'training', reason: null });
});

const anyEvent: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.constant(at({ type: 'run-queue' })),
  fc.nat(1000).map((pid) => start(pid + 1)),
  fc.constantFrom('preparing', 'training', 'evaluating').map((name) => stage(name as 'training')),
  fc.nat(99).map((n) => step(n)),
  fc.constant(at({ type: 'run-pause' })),
  fc.constant(at({ type: 'run-resume' })),
  fc.constant(at({ type: 'run-interrupt', reason: 'killed' })),
  fc.constant(at({ type: 'run-cancel' })),
  fc.constant(at({ type: 'run-complete', reason: null, adapterVersion: null, promoted: false })),
);

test('in any order: reading in two parts is reading at once, and the first end is the end', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), fc.nat(12), (events, cut) => {
      const whole = reduceRun(events);
      expect(reduceRun(events.slice(cut), reduceRun(events.slice(0, cut)))).toEqual(whole);
      const end = events.findIndex(isTerminal);
      expect(whole.finished).toBe(end !== -1);
      if (end !== -1) expect(whole).toEqual(reduceRun(events.slice(0, end + 1)));
    }),
  );
});

test('a failed run can be taken up again, and only a failed one', () => {
  const failed = [
    at({ type: 'run-queue' }),
    start(),
    at({ type: 'run-interrupt', reason: 'killed' }),
    start(8),
    at({ type: 'run-fail', error: { code: 'models.runtime-died', message: 'It died.', remedy: 'Again.' } }),
  ];
  expect(reduceRun([...failed, start(9)])).toMatchObject({ status: 'failed', finished: true });
  const takenUp = reduceRun([...failed, at({ type: 'run-resume' }), start(9)]);
  expect(takenUp).toMatchObject({ status: 'preparing', finished: false, error: null, interruptions: 0 });
  const cancelled = [at({ type: 'run-queue' }), at({ type: 'run-cancel' }), at({ type: 'run-resume' })];
  expect(reduceRun(cancelled)).toMatchObject({ status: 'cancelled', finished: true });
});
