import { describe, expect, it } from 'vitest';
import { projectView } from './project-view.fixture.js';
import { type Situation, statusWords } from './status-words.js';

const situation = (change: Partial<Situation> = {}): Situation => ({
  ...{ connection: 'live', problem: null, project: projectView() },
  ...{ hasFolder: true, suggests: true, isWaiting: false },
  ...change,
});
const words = (change: Partial<Situation>) => statusWords(situation(change));
const adapter = (change: object) => ({ ...projectView().adapter, ...change });
const problem = (code: string) => ({ code, message: 'What is wrong.', details: {} });

describe('what the status bar says', () => {
  it.each<[string, Partial<Situation>]>([
    ['$(sync~spin) Gardener', { connection: 'connecting' }],
    ['$(debug-disconnect) Gardener: server away', { connection: 'away' }],
    ['$(key) Gardener: token needed', { connection: 'away', problem: problem('server.token-required') }],
    ['$(sparkle) Gardener', { hasFolder: false, project: null }],
    ['$(add) Gardener: add this workspace', { project: null }],
    ['$(sparkle) shop: adapter 3', {}],
    ['$(loading~spin) shop: adapter 3', { isWaiting: true }],
    ['$(circle-slash) shop: adapter 3', { suggests: false }],
    ['$(warning) shop: no suggestions', { problem: problem('models.runtime-died') }],
  ])('%s', (text, change) => {
    expect(words(change).text).toBe(text);
  });

  it.each<[string, Parameters<typeof projectView>[0]]>([
    ['$(sparkle) shop: base model', { glance: 'base-only', adapter: adapter({ promoted: false }) }],
    [
      '$(sync~spin) shop: training 43 %, about 4 min',
      { glance: 'training', progress: 0.439, etaMs: 230_000 },
    ],
    ['$(sync~spin) shop: indexing 12 %', { glance: 'indexing', progress: 0.12 }],
    ['$(sync~spin) shop: indexing', { glance: 'indexing', progress: 1 }],
    ['$(sync~spin) shop: waiting to start', { glance: 'queued' }],
    [
      '$(sync~spin) shop: measuring 50 %, less than a minute',
      { glance: 'evaluating', progress: 0.5, etaMs: 9_000 },
    ],
    ['$(debug-pause) shop: paused 43 %', { glance: 'paused', progress: 0.43, etaMs: 230_000 }],
    ['$(circle-slash) shop: not indexed', { glance: 'none' }],
    ['$(error) shop: failed', { glance: 'error' }],
    ['$(sparkle) shop: adapter 3 $(history) 12', { index: { ...projectView().index, changedSince: 12 } }],
  ])('%s', (text, project) => {
    expect(words({ project: projectView(project) }).text).toBe(text);
  });

  it('warns where something is to be done, and nowhere else', () => {
    expect(words({ connection: 'away' }).tone).toBe('warning');
    expect(words({ project: projectView({ glance: 'error' }) }).tone).toBe('error');
    expect(words({ project: projectView({ glance: 'training' }) }).tone).toBe('plain');
    expect(words({ problem: problem('models.runtime-died') }).tooltip[0]).toBe('What is wrong.');
  });

  it('tells which model answers, how much better it is, and how old the index is', () => {
    const { tooltip } = words({
      project: projectView({
        index: { ...projectView().index, changedSince: 1 },
        scorecard: {
          adapterVersion: 3,
          improvement: { value: 0.237, low: null, high: null, n: 90 },
        } as never,
      }),
    });
    expect(tooltip).toEqual([
      'Adapter 3 on smollm2-135m-instruct answers and suggests.',
      'Its loss on code that it has not seen is 23.7 % lower than the base model’s.',
      '1,234 files indexed at 0123456.',
      '1 file has changed since.',
    ]);
  });
});
