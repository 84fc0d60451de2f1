import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopTexts } from './stop-texts.js';

function run(stops: string[], pieces: string[]): { text: string; stopped: boolean } {
  const scanner = new StopTexts(stops);
  let text = '';
  for (const piece of pieces) {
    const step = scanner.push(piece);
    text += step.text;
    if (step.stopped) return { text, stopped: true };
  }
  return { text: text + scanner.flush(), stopped: false };
}

describe('StopTexts', () => {
  it('finds a stop text that arrives in pieces, and shows nothing of it', () => {
    expect(run(['\n\n'], ['a\n', '\nb'])).toEqual({ text: 'a', stopped: true });
    expect(run(['END'], ['xE', 'N', 'Dy'])).toEqual({ text: 'x', stopped: true });
  });

  it('lets go of what only looked like one', () => {
    expect(run(['END'], ['xE', 'N', 'X'])).toEqual({ text: 'xENX', stopped: false });
    expect(run(['END'], ['E', 'N'])).toEqual({ text: 'EN', stopped: false });
    expect(run(['', 'END'], ['abc'])).toEqual({ text: 'abc', stopped: false });
  });

  it('gives the text before the first stop text however it is cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(letters), fc.array(letters, { maxLength: 3 }), (pieces, stops) => {
        const whole = pieces.join('');
        // The stop text that is complete first ends generation, even where a longer one began before it.
        const used = stops.filter((stop) => stop !== '');
        const { text, stopped } = run(stops, pieces);
        expect(stopped).toBe(used.some((stop) => whole.includes(stop)));
        expect(whole.startsWith(text)).toBe(true);
        if (!stopped) expect(text).toBe(whole);
        for (const stop of used) expect(text.includes(stop)).toBe(false);
      }),
    );
  });
});
