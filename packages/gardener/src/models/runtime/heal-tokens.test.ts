import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, healTokens } from './heal-tokens.js';

describe('healTokens', () => {
  it.each([
    ['for (const price of ', ' '],
    ['    return pr', ' pr'],
    ['foo.ba', '.ba'],
    ['foo(', '('],
    ['a = [', '['],
    ['x\n    ', '    '],
    ['x\n', ''],
    ['', ''],
    ['a\n\tif', '\tif'],
    ['größe', 'größe'],
    ['x = 😀', '😀'],
  ])('takes off %j the end %j', (text, healed) => {
    expect(healTokens(text)).toEqual({ kept: text.slice(0, text.length - healed.length), healed });
  });

  it('loses nothing and is short, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const { kept, healed } = healTokens(text);
        expect(kept + healed).toBe(text);
        expect(healed.length).toBeLessThanOrEqual(33);
      }),
    );
  });
});

it('agrees with tokens that begin the text, or write it and more', () => {
  for (const token of [' ', ' p', ' pr', ' price', ' prices']) expect(agrees(token, ' pr')).toBe(true);
  for (const token of ['', 'pr', ' pa', '  ', ' pr\uFFFD']) expect(agrees(token, ' pr')).toBe(false);
});
