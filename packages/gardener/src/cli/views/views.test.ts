import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingStatus } from '../../garden/project-record.js';
import { reduceRun } from '../../garden/runs/run-state.js';
import { appendEvent, createRun, type RunEventInput } from '../../garden/runs/runs.js';
import { projectStatus, type StatusObject } from '../../projects/project-status.js';
import type { Scorecard } from '../../training/evaluation/scorecard.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';
import { createPalette } from '../terminal/palette.js';
import { describeFreshness } from './describe-freshness.js';
import { describeProgress } from './follow-run.js';
import { renderScorecard } from './scorecard-view.js';
import { renderStatus } from './status-view.js';

const plain = createPalette(false);
const step: RunEventInput = {
  ...{ type: 'step-end', step: 12, steps: 80, loss: 1.416, learningRate: null },
  ...{ tokensPerSecond: 1234.4, etaMs: 250_000, peakMemoryBytes: 98_362_432 },
};
const plan: RunEventInput = { type: 'plan', steps: 80, tokensPerSecond: 1234.4 };
const error = { code: 'train.diverged', message: 'The loss exploded.', remedy: 'Use a tenth of the rate.' };

/** What a run wrote until it came to this status, with the line that `gardener status` then prints. */
const RECORDED: [TrainingStatus, RunEventInput[], string][] = [
  ['queued', [], 'queued'],
  ['preparing', [{ type: 'run-start', pid: 1, processStart: '1' }], 'preparing'],
  [
    'training',
    [{ type: 'stage-start', stage: 'training' }, plan, step],
    'training · step 12 of 80 · loss 1.416 · 1,234 tokens/s · 4m 10s left · peak 94 MiB',
  ],
  ['paused', [plan, step, { type: 'run-pause' }], 'paused · step 12 of 80 · loss 1.416 · peak 94 MiB'],
  ['evaluating', [step, { type: 'stage-start', stage: 'evaluating' }], 'evaluating · peak 94 MiB'],
  [
    'completed',
    [step, { type: 'run-complete', reason: 'Not better.', adapterVersion: null, promoted: false }],
    'completed · peak 94 MiB',
  ],
  ['failed', [step, { type: 'run-fail', error }], 'failed · peak 94 MiB'],
  ['cancelled', [{ type: 'run-cancel' }], 'cancelled'],
  ['not_started', [{ type: 'run-not-started', reason: 'Too little code.' }], 'not trained  Too little code.'],
];

describe('gardener status', () => {
  let test: TestGarden;
  beforeAll(async () => {
    test = await makeTestGarden();
  });
  afterAll(() => test.remove());

  it.each(RECORDED)('tells a run that is %s', async (status, events, line) => {
    const folder = join(test.root, status);
    await mkdir(folder);
    const { id } = await test.add(status, folder);
    const run = await createRun(test.garden.paths, id, 'train');
    for (const event of events) await appendEvent(test.garden.paths.run(id, run.id), event);
    // Not by the command, which would start the runner for a run that has not ended.
    const told = await projectStatus(test.garden, await test.garden.registry.get(id));
    const lines = renderStatus(told, plain, null);
    expect(told).toMatchObject({ project: { name: status }, training: { status } });
    expect(lines.slice(0, 4)).toEqual([
      `${status}  ${folder}`,
      '  index     nothing indexed yet',
      `  training  ${line}`,
      '  answers   smollm2-135m-instruct, without adapter',
    ]);
    const served = renderStatus(
      { ...told, project: { ...told.project, name: 'my shop' } },
      plain,
      'http://127.0.0.1:4747',
    );
    expect(served[4]).toBe('  editors   http://127.0.0.1:4747/p/my%20shop');
    expect(lines.slice(4)).toEqual(
      status === 'failed' ? ['', `  error: ${error.message}`, `  try: ${error.remedy}`] : [],
    );
  });
});

const measure = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, n: 1_200 });
const nothing = {
  ...{ heldOutLoss: null, bitsPerByte: null, exactMatch: null, editSimilarity: null },
  ...{ fimExactMatch: null, fimEditSimilarity: null },
};
const card: Scorecard = {
  ...{
    schemaVersion: 1,
    generalLoss: null,
    improvement: null,
    stopping: null,
    parity: null,
    predecessor: null,
    memorised: null,
    strings: null,
    leaked: 0,
    uses: null,
    strength: 1,
    strengthChoice: null,
    retrievalChoice: null,
    twoByTwo: null,
    acrossBases: null,
  },
  base: {
    noRetrieval: {
      ...nothing,
      heldOutLoss: measure(2),
      exactMatch: measure(0.25),
      fimExactMatch: measure(0.2),
    },
    retrieval: nothing,
  },
  adapter: {
    noRetrieval: {
      ...nothing,
      heldOutLoss: measure(1.8),
      exactMatch: measure(0.3),
      fimExactMatch: measure(0.4),
    },
    retrieval: nothing,
  },
  ...{ promoted: true, reason: 'Better by 10 %.', margin: 0.01, adapterVersion: 1, files: 3, seed: 1 },
  ...{ dataHash: '', evaluatedAt: '2026-11-24T20:00:00Z' },
};

describe('how code is completed', () => {
  const use = { base: 19, adapter: 31, n: 100, alone: null, retrieved: null, reason: 'Right in 31.' };
  const uses = { completion: { ...use, serves: 'adapter' as const }, answers: null };
  const status = (retrieval: boolean): StatusObject => ({
    project: { id: 'a', name: 'shop', path: '/shop', baseModel: 'tiny', isAway: false },
    index: {
      ...{ state: 'none', chunks: 0, vectors: 0, commit: null, changedSince: null },
      files: { seen: 0, indexed: 0, skipped: {}, failed: {} },
    },
    training: {
      ...{ status: 'completed', reason: null, step: null, steps: null, loss: null, etaMs: null },
      ...{ tokensPerSecond: null, peakMemoryBytes: null, error: null },
    },
    adapter: {
      ...{ version: 1, promoted: true, reason: null },
      serves: { completion: 'adapter', answers: 'adapter' },
    },
    completions: { by: 'adapter', retrieval, reason: 'Its loss is higher with it.' },
    scorecard: { ...card, uses },
  });

  it('is told at a glance, with why where related code is left out', () => {
    const line = (retrieval: boolean) =>
      renderStatus(status(retrieval), plain, null).find((text) => text.startsWith('  completions'));
    expect(line(true)).toBe('  completions  adapter with retrieval · first line right in 31 of 100, base 19');
    expect(line(false)).toBe(
      '  completions  adapter without retrieval · first line right in 31 of 100, base 19  Its loss is higher with it.',
    );
  });

  it('says whose figures they are where a later adapter has none', () => {
    const own = status(true);
    const later = { ...own, adapter: { ...own.adapter, version: 2 } };
    const heading = '  figures of adapter 1';
    expect(renderStatus(own, plain, null)).not.toContain(heading);
    expect(renderStatus(later, plain, null)).toContain(heading);
  });
});

describe('a scorecard', () => {
  it('has each figure with its interval, the change in its own unit, and the verdict', () => {
    expect(renderScorecard(card, plain)).toEqual([
      '                     base                       adapter                    change        scored on',
      'held-out loss        2.000 (1.900 to 2.100)     1.800 (1.700 to 1.900)     -10.0 %       1,200 tokens',
      'next line exact      25.0 % (15.0 % to 35.0 %)  30.0 % (20.0 % to 40.0 %)  +5.0 points   1,200 lines',
      'gaps filled exactly  20.0 % (10.0 % to 30.0 %)  40.0 % (30.0 % to 50.0 %)  +20.0 points  1,200 gaps',
      '',
      'promoted  Better by 10 %.',
    ]);
  });

  it('shows completions at fresh places with related code and without', () => {
    const arm = (value: number) => ({
      ...{ exact: measure(value), firstLine: measure(value), similarity: null, valid: null, medianMs: 900 },
    });
    const difference = { exact: measure(0.12), firstLine: null };
    const twoByTwo = {
      ...{ places: 1_200, files: 9 },
      arms: {
        ...{ baseAlone: arm(0.19), baseRetrieved: arm(0.22) },
        ...{ adapterAlone: arm(0.25), adapterRetrieved: arm(0.31) },
      },
      differences: {
        ...{ adapterAlone: difference, adapterRetrieved: difference, retrievalOfBase: difference },
        ...{ retrievalOfAdapter: difference, both: difference },
      },
    };
    const text = renderScorecard({ ...card, twoByTwo }, plain).join('\n');
    expect(text).toMatch(/fresh places exact +22\.0 % .* 31\.0 % .* \+9\.0 points +1,200 places/);
    expect(text).toMatch(/fresh places exact, without retrieval +19\.0 % .* 25\.0 %/);
    expect(text).toMatch(/adapter with retrieval +base alone +\+12\.0 points \(\+2\.0 to \+22\.0\)/);
    expect(text).not.toContain('valid syntax');
  });

  it('leaves out what nobody measured, and says what only one of the two has', () => {
    const single = { ...measure(2), low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    const lines = renderScorecard(
      {
        ...card,
        base: { noRetrieval: { ...nothing, heldOutLoss: single }, retrieval: nothing },
        adapter: { noRetrieval: nothing, retrieval: nothing },
        ...{ promoted: false, reason: 'One\nfile.', stopping: { base: 1, adapter: 0.75, n: 8 } },
        ...{ generalLoss: { base: 2, adapter: 2.1 } },
        parity: { baseAgreement: 0.995, adapterAgreement: 0.99, adapterLossDifference: 0, n: 1_000 },
      },
      plain,
    ).map((line) => line.replace(/ {2,}/g, ' | '));
    expect(lines).toEqual([
      ' | base | adapter | change | scored on',
      'held-out loss | 2.000 | not measured | 1,200 tokens',
      'loss on general code | 2.000 | 2.100 | +5.0 % | a fixed set',
      'answers that end by themselves | 8 of 8 | 6 of 8 | questions',
      'llama.cpp agrees with the trainer | 99.5 % | 99.0 % | 1,000 tokens',
      '',
      'not promoted | One file.',
    ]);
  });
});

describe('the progress of a run', () => {
  const time = '2026-11-24T20:00:00Z';
  const after = (...events: RunEventInput[]) =>
    describeProgress(
      reduceRun(events.map((event) => ({ ...event, time })) as Parameters<typeof reduceRun>[0]),
    );
  const counted = { type: 'progress', stage: 'embedding', done: 1_250, total: 5_000, label: 'a.ts' } as const;

  it('is told in steps while it trains', () => {
    expect(after({ type: 'stage-start', stage: 'training' }, step)).toEqual({
      label: 'training',
      detail: 'step 12 · how many will fit is measured first',
    });
    expect(after({ type: 'stage-start', stage: 'training' }, plan, step)).toEqual({
      ...{ label: 'training', done: 12, total: 80 },
      detail: 'step 12 of 80 · loss 1.416 · 1,234 tokens/s · 4m 10s left',
    });
  });

  it('is told in what its stage counts before that, or in its name alone', () => {
    const stage = { type: 'stage-start', stage: 'preparing' } as const;
    expect(after(stage)).toEqual({ label: 'preparing' });
    expect(after(stage, counted)).toMatchObject({
      label: 'embedding',
      done: 1_250,
      detail: '1,250 of 5,000 · a.ts',
    });
    expect(after(stage, { ...counted, total: null, label: null }).detail).toBe('1,250');
    expect(after(stage, { ...counted, done: 0, total: null }).detail).toBe('a.ts');
  });

  it('says why nothing moves', () => {
    expect(after({ type: 'run-queue' })).toEqual({ label: 'queued', detail: 'waits for its turn' });
    expect(after({ type: 'run-interrupt', reason: 'The machine slept.' }).detail).toBe('The machine slept.');
    expect(after(step, { type: 'run-pause' })).toEqual({
      label: 'paused',
      detail: 'gardener resume lets it go on',
    });
  });
});

it('says how old an index is, where that can be told', () => {
  const commit = '1a2b3c4d5e6f';
  const of = (facts: object) => describeFreshness(facts as Parameters<typeof describeFreshness>[0]);
  expect(of({ commit, changedSince: 0 })).toBe('Index at 1a2b3c4d is up to date.');
  expect(of({ commit: null, changedSince: 1 })).toBe('Index: 1 file changed since.');
  expect(of({ commit, changedSince: null })).toBe('');
});
