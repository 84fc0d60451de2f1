import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorCounter, prepareErrorCounter } from '../../codebase/parse/syntax-errors.js';
import { GrowingSuggestion } from './growing-suggestion.js';

const counter = await prepareErrorCounter('typescript');

/** What is told of a text that is written in pieces, and what is told in the end; `|` is the cursor. */
function told(code: string, pieces: readonly string[], count: ErrorCounter | null = counter) {
  const [before = '', after = ''] = code.split('|');
  const growing = new GrowingSuggestion({ before, after }, count);
  let written = '';
  const parts: string[] = [];
  for (const piece of pieces) {
    written += piece;
    parts.push(growing.grow(written));
  }
  return { parts: [...parts, growing.rest(written)], whole: growing.whole(written) };
}

describe('what is told while a suggestion is written', () => {
  it('is each line once the line has ended', () => {
    const pieces = ['const a', ' = 1;\n', '  use(a);', '\n  re', 'turn a;'];
    expect(told('function f() {\n  |\n}\n', pieces)).toEqual({
      parts: ['', 'const a = 1;', '', '\n  use(a);', '', '\n  return a;'],
      whole: 'const a = 1;\n  use(a);\n  return a;',
    });
  });

  it('waits with a line that is no valid code until it is', () => {
    const pieces = ['const a = 1;\n', '  if (a) {\n', '    use(a);\n', '  }\n', '  done();\n'];
    const { parts, whole } = told('function f() {\n  |\n}\n', pieces);
    expect(parts.slice(0, 4)).toEqual(['const a = 1;', '', '', '\n  if (a) {\n    use(a);\n  }']);
    expect(parts.join('')).toBe(whole);
  });

  it('is nothing of a line that goes on behind the cursor', () => {
    expect(told('foo(|);\n', ['a', ', b', ');', '\n'])).toEqual({
      parts: ['', '', '', '', 'a, b'],
      whole: 'a, b',
    });
  });

  it('waits with what may say once more what stands above', () => {
    const above = 'first(value);\nsecond(value);\n|\n';
    expect(told(above, ['first(value);\n', 'second(value);\n']).parts.join('')).toBe('');
    expect(told(above, ['first(value);\n', 'third(value);\n']).parts).toEqual([
      '',
      'first(value);\nthird(value);',
      '',
    ]);
  });
});

const LINES = [
  '',
  '  ',
  'first(value);',
  'second(value);',
  '  use(a);',
  '  use(a);  ',
  '    deep(a);\r',
  '}',
  '  }',
  '});',
]
  .concat([
    'if (a) {',
    '  if (a) {  ',
    '} else {',
    'const x = f(',
    '  a,',
    ')',
    'function g() {',
    '```',
    'This is ` prose (',
  ])
  .concat(['  return a;', 'return `', '`;', '/*', '*/ b();']);
const PLACES = [
  '|',
  '|\n',
  'function f() {\n  |\n}\n',
  'function f() {|\n}\n',
  'if (a) |\nb();\n',
  'foo(|);\n',
]
  .concat([
    'const x = |\n',
    'first(value);\nsecond(value);\n|\n  use(a);\n',
    'use(a);\nif (a) {\n  use(a);\n  |',
  ])
  .concat(['  for (const a of b) {\n    |\n', 'const t = `|\n']);

/** A text and where it is cut into pieces. */
const pieces = fc
  .tuple(fc.array(fc.constantFrom(...LINES), { maxLength: 20 }), fc.array(fc.nat(200), { maxLength: 30 }))
  .map(([lines, cuts]) => {
    const text = lines.join('\n');
    const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort(
      (a, b) => a - b,
    );
    return places.slice(1).map((end, index) => text.slice(places[index], end));
  });

describe('all that is told, put together', () => {
  it('is the suggestion, wherever the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLACES), pieces, (place, written) => {
        const { parts, whole } = told(place, written);
        expect(parts.join('')).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same lines with and without white space at the end of the last', () => {
    const lines = ['  return a;', '  use(a);  ', '  use(a);  ', '  use(a);  '];
    // Three lines are right, and were found right without the white space behind the third.
    const count: ErrorCounter = (text) => (text.split('\n').length === 3 && text.endsWith(';') ? 0 : 1);
    const { parts, whole } = told('|', [`${lines.join('\n')}\n`], count);
    expect(whole).toBe('  return a;\n  use(a);  \n  use(a);');
    expect(parts.join('')).toBe(whole);
  });

  it('is so whatever a grammar says, and where it says nothing', () => {
    const count = fc.func(fc.option(fc.nat(3), { freq: 20 }));
    fc.assert(
      fc.property(fc.constantFrom(...PLACES), pieces, fc.option(count), (place, written, errors) => {
        const { parts, whole } = told(place, written, errors);
        expect(parts.join('')).toBe(whole);
      }),
      { numRuns: 2_000 },
    );
  });
});
