import { expect, it } from 'vitest';
import { reasons } from './reasons.js';

it('says why, the strongest reason first', () => {
  expect(
    reasons({
      definition: null,
      name: ['retry'],
      path: ['http', 'retry'],
      words: ['backoff'],
      meaning: 0.513,
    }),
  ).toEqual(['name: retry', 'path: http, retry', 'words: backoff', 'meaning 0.51']);
});

it('does not say a name twice, and nothing where there is nothing to say', () => {
  expect(
    reasons({ definition: 'retryCall', name: ['retryCall'], path: [], words: [], meaning: null }),
  ).toEqual(['declares retryCall']);
  expect(reasons({ definition: null, name: [], path: [], words: [], meaning: null })).toEqual([]);
});
