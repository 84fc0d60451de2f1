import { describe, expect, it } from 'vitest';
import { ago, bytes, duration, parseBudget, remaining } from './format.js';

describe('parseBudget', () => {
  it.each([
    ['20m', 1_200_000],
    ['20 min', 1_200_000],
    ['1h 30m', 5_400_000],
    ['90s', 90_000],
    ['45', 2_700_000],
    ['1.5h', 5_400_000],
    ['', null],
    ['soon', null],
    ['20m or so', null],
    ['-5m', null],
  ])('%j', (text, ms) => expect(parseBudget(text)).toBe(ms));

  it('reads what duration writes', () => {
    for (const ms of [45_000, 60_000, 90_000, 3_600_000, 5_400_000])
      expect(parseBudget(duration(ms))).toBe(ms);
  });
});

it('rounds what is left as people say it', () => {
  expect(remaining(20_000)).toBe('less than a minute');
  expect(remaining(430_000)).toBe('about 7 min');
  expect(remaining(3_590_000)).toBe('about 1 h');
});

it('gives sizes in units of 1,000', () => {
  expect([0, 999, 1_500, 98_362_432, 1_150_000_000].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 KB',
    '98.4 MB',
    '1.1 GB',
  ]);
});

it('tells times by how far they are away', () => {
  const now = new Date('2026-11-24T20:00:00').getTime();
  const at = (text: string): string => ago(new Date(text).toISOString(), now);
  expect(at('2026-11-24T19:59:30')).toBe('just now');
  expect(at('2026-11-24T19:30:00')).toBe('30 min ago');
  expect(at('2026-11-24T03:15:00')).toBe('today, 03:15');
  expect(at('2026-11-23T14:02:00')).toBe('yesterday, 14:02');
  expect(at('2026-11-12T14:02:00')).toBe('12 Nov, 14:02');
});
