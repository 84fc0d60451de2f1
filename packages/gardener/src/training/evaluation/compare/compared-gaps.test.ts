import { expect, it } from 'vitest';
import { byteTokenizer, testFile } from '../../data/codebase.fixture.js';
import { comparedGaps, gapRow } from './compared-gaps.js';

const side = (path: string) => ({ file: testFile(path, { functions: 12 }), excludedLines: [] });

it('gaps are parts of the files, in turn, of a size that every base is given the same', () => {
  const sides = [side('a.py'), side('b.py')];
  const gaps = comparedGaps(sides, 'shop', 1);
  expect(gaps.slice(0, 4).map(({ path }) => path)).toEqual(['a.py', 'b.py', 'a.py', 'b.py']);
  for (const { path, gap, text } of gaps) {
    const whole = `${gap.before}${text}${gap.after}`;
    expect(sides.find(({ file }) => file.path === path)?.file.text).toContain(whole);
    expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(700);
    expect(gap.place).toMatchObject({ repository: 'shop', path });
  }
  expect(comparedGaps(sides, 'shop', 1)).toEqual(gaps);
});

it('a row is in the spelling of the base, and the filling and its end are scored', () => {
  const [first] = comparedGaps([side('a.py')], 'shop', 1);
  if (first === undefined) throw new Error('there is no gap');
  const gapTokens = { prefix: 300, suffix: 301, middle: 302, end: 303, repository: null };
  const row = gapRow(first, { tokenizer: byteTokenizer, gapTokens, endToken: 303 });
  const scored = [...row.tokens].filter((_, at) => row.supervised[at] === 1);
  expect(scored).toEqual([...byteTokenizer.encode(first.text), 303]);
  expect([300, 301, 302].map((marker) => row.tokens.indexOf(marker))).toEqual([
    0,
    expect.any(Number),
    expect.any(Number),
  ]);
});
