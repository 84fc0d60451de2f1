import { expect, it } from 'vitest';
import { isRestricted, NO_FILTERS, searchRequest } from './search-request.js';

it('sends only the filters that are set', () => {
  expect(searchRequest('retry', NO_FILTERS)).toEqual({ query: 'retry', k: 30 });
  expect(searchRequest('retry', { ...NO_FILTERS, pathGlob: '  ' })).toEqual({ query: 'retry', k: 30 });
  expect(searchRequest('retry', { language: 'go', kind: 'method', pathGlob: ' src/** ' })).toEqual({
    query: 'retry',
    k: 30,
    languages: ['go'],
    kinds: ['method'],
    pathGlob: 'src/**',
  });
});

it('offers to clear what restricts', () => {
  expect(isRestricted(NO_FILTERS)).toBe(false);
  for (const set of [{ language: 'go' }, { kind: 'class' as const }, { pathGlob: 'a' }])
    expect(isRestricted({ ...NO_FILTERS, ...set })).toBe(true);
});
