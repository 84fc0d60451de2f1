import { expect, it } from 'vitest';
import { completionMode, whoServes } from './who-serves.js';

const verdict = (serves: 'adapter' | 'base') => ({
  serves,
  base: 4,
  adapter: 0,
  n: 10,
  alone: null,
  retrieved: null,
  reason: '0 of 10.',
});

it('a promoted adapter serves what the gate has left to it', () => {
  const uses = { completion: verdict('base'), answers: verdict('adapter') };
  expect(whoServes({ promoted: true, uses })).toEqual({
    completion: { by: 'base', reason: '0 of 10.' },
    answers: { by: 'adapter', reason: '' },
  });
});

it('one without figures of its uses, or promoted by hand against the gate, serves everything', () => {
  const everything = { completion: { by: 'adapter', reason: '' }, answers: { by: 'adapter', reason: '' } };
  expect(whoServes(null)).toEqual(everything);
  expect(whoServes({ promoted: true, uses: null })).toEqual(everything);
  const uses = { completion: verdict('base'), answers: verdict('base') };
  expect(whoServes({ promoted: false, uses })).toEqual(everything);
});

it('code is completed with related code, unless validation files have told otherwise', () => {
  expect(completionMode('adapter', null)).toEqual({ by: 'adapter', retrieval: true, reason: null });
  const retrievalChoice = { adapter: false, base: true, reason: 'It does harm.', places: 9, losses: null };
  const card = { retrievalChoice };
  expect(completionMode('adapter', card)).toEqual({
    by: 'adapter',
    retrieval: false,
    reason: 'It does harm.',
  });
  expect(completionMode('base', card).retrieval).toBe(true);
});
