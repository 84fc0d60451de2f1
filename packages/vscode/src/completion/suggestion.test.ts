import { describe, expect, it } from 'vitest';
import { placeIn } from './place.js';
import { restOf, suggestionOf } from './suggestion.js';

/** A text with `|` where the cursor is. */
function at(text: string) {
  const offset = text.indexOf('|');
  return placeIn(text.replace('|', ''), offset);
}

describe('what of a completion is shown', () => {
  it('is several lines at the end of a line, and one where asked so', () => {
    const place = at('function sum(a, b) {\n|');
    expect(suggestionOf('  return a + b;\n}\n', place, true)).toBe('  return a + b;\n}');
    expect(suggestionOf('  return a + b;\n}\n', place, false)).toBe('  return a + b;');
  });

  it('is what the server has cut to the place: nothing is taken off it here', () => {
    expect(suggestionOf('map((x) => x)', at('list.|)\n'), true)).toBe('map((x) => x)');
    expect(suggestionOf('  a() {\n  }\n  b() {\n  }\n}', at('class A {\n|\n}\n'), true)).toBe(
      '  a() {\n  }\n  b() {\n  }\n}',
    );
  });

  it('goes on behind the indentation that is there, with white space of its own', () => {
    const chain = '  .filter(Boolean)\n    .map(f)';
    expect(suggestionOf(chain, at('const a = list\n  |'), true)).toBe(chain);
    expect(suggestionOf('    return 1', at('def f():\n    if a:\n    |'), true)).toBe('    return 1');
    expect(suggestionOf('return 1;', at('{\n  |\n}'), true)).toBe('return 1;');
  });

  it('does not repeat the indentation of a line that the model has begun below', () => {
    expect(suggestionOf('\n  return 1;', at('{\n  |\n}'), true)).toBe('return 1;');
    expect(suggestionOf('  \n\n  return 1;', at('{\n  |\n}'), false)).toBe('return 1;');
    expect(suggestionOf('\n    .map(f)', at('list\n  |'), true)).toBe('  .map(f)');
    expect(suggestionOf('\n  return 1;', at('{\n|\n}'), true)).toBe('  return 1;');
    expect(suggestionOf('\n  return 1;', at('{|\n}'), true)).toBe('\n  return 1;');
  });

  it('leaves code below that stands less deep than the cursor', () => {
    const place = at('if a:\n    if b:\n        |');
    expect(suggestionOf('\n    return 1', place, true)).toBe('\n    return 1');
    expect(suggestionOf('\n    return 1', place, false)).toBeNull();
  });

  it.each(['', '   ', '\n\n', '\r\n'])('is nothing for %j', (text) => {
    expect(suggestionOf(text, at('a|'), true)).toBeNull();
  });
});

describe('a suggestion that is typed or taken in part', () => {
  const place = at('const x = |;\n');
  const shown = { document: 'a', place, texts: ['slugify(title)', 'sum(1, 2)'] };

  it('stays, without what is typed', () => {
    expect(restOf(shown, 'a', at('const x = slug|;\n'))).toEqual(['ify(title)']);
    expect(restOf(shown, 'a', place)).toEqual(shown.texts);
    expect(restOf(shown, 'a', at('const x = s|;\n'))).toEqual(['lugify(title)', 'um(1, 2)']);
  });

  it('is gone when something else is typed, it is typed to its end, or it was elsewhere', () => {
    expect(restOf(shown, 'a', at('const x = q|;\n'))).toEqual([]);
    expect(restOf(shown, 'a', at('const x = slugify(title)|;\n'))).toEqual([]);
    expect(restOf(shown, 'b', place)).toEqual([]);
    expect(restOf(shown, 'a', at('const x = |\n'))).toEqual([]);
    expect(restOf(shown, 'a', at('const y = slug|;\n'))).toEqual([]);
    expect(restOf(null, 'a', place)).toEqual([]);
  });
});

describe('the text around a place', () => {
  it('is all of a file of usual size', () => {
    expect(at('ab|cd')).toEqual({ prefix: 'ab', suffix: 'cd' });
    expect(at('|')).toEqual({ prefix: '', suffix: '' });
  });

  it('has the same ends of lines whatever the file has', () => {
    expect(placeIn('a\r\nb\r\n', 4)).toEqual({ prefix: 'a\nb', suffix: '\n' });
  });

  it('is whole lines of a large one', () => {
    const line = `${'x'.repeat(99)}\n`;
    const { prefix, suffix } = placeIn(line.repeat(1_000), 50_050);
    expect(prefix.length).toBeLessThanOrEqual(24_000);
    expect(prefix.length).toBeGreaterThan(23_800);
    expect(prefix.startsWith(line)).toBe(true);
    expect(suffix.length).toBeLessThanOrEqual(8_100);
    expect(suffix.endsWith(line)).toBe(true);
  });

  it('is bounded in a file that is one line', () => {
    const { prefix, suffix } = placeIn('x'.repeat(1_000_000), 500_000);
    expect(prefix.length).toBe(24_000);
    expect(suffix.length).toBe(8_000);
  });
});
