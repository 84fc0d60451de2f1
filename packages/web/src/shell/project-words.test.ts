import { expect, it } from 'vitest';
import type { SwitchView } from '../api/types.js';
import { glanceWords } from './glance.js';
import { switchSentence } from './switch-sentence.js';

it('tells a project at a glance: what goes on, how far, how long still', () => {
  expect(glanceWords({ glance: 'training', progress: 0.429, etaMs: 430_000 })).toEqual({
    tone: 'info',
    label: 'Training 42 %',
    eta: 'about 7 min',
    busy: true,
  });
  // All files read is not the end of indexing.
  expect(glanceWords({ glance: 'indexing', progress: 1, etaMs: null }).label).toBe('Indexing');
  expect(glanceWords({ glance: 'paused', progress: 0.5, etaMs: 9_000 })).toMatchObject({
    label: 'Paused 50 %',
    eta: null,
    busy: false,
  });
  expect(glanceWords({ glance: 'ready', progress: 0.5, etaMs: null }).label).toBe('Adapter answers');
});

it('says what a switch has changed', () => {
  const view = (index: object, version: number | null, ms: number) =>
    ({ project: { project: { name: 'shop' }, index }, adapter: { version }, ms }) as SwitchView;
  expect(switchSentence(view({ state: 'ready', commit: '1a2b3c4d5e' }, 3, 40.6))).toBe(
    'Switched to shop in 41 ms: adapter 3, index at 1a2b3c4, its own conversations.',
  );
  expect(switchSentence(view({ state: 'none', commit: null }, null, 0.2))).toBe(
    'Switched to shop in 1 ms: base model, no index yet, its own conversations.',
  );
  expect(switchSentence(view({ state: 'ready', commit: null }, null, 5))).toContain('index as it was');
});
