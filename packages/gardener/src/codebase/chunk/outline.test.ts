import { expect, it } from 'vitest';
import type { CodeSymbol, StatementSpan } from '../parse/structure/code-structure.js';
import { LineSizes } from './divide.js';
import { outlineSections } from './outline.js';

const LIMITS = { lines: 60, characters: 2_400 };

function constant(line: number): CodeSymbol {
  return {
    name: `v${line}`,
    qualifiedName: `v${line}`,
    kind: 'constant',
    signature: '',
    docstring: null,
    startLine: line,
    endLine: line,
    leadLine: line,
    startIndex: line,
    endIndex: line + 1,
    visibility: 'public',
    complexity: 1,
    imports: [],
    calls: [],
    children: [],
  };
}

/** How often statements are looked at while a file of `count` one-line declarations is divided. */
function looksAt(count: number): number {
  let looks = 0;
  const statements = Array.from(
    { length: count },
    (_, index): StatementSpan => ({
      get startLine() {
        looks += 1;
        return index + 1;
      },
      get endLine() {
        looks += 1;
        return index + 1;
      },
      leadLine: index + 1,
      children: [],
    }),
  );
  const symbols = Array.from({ length: count }, (_, index) => constant(index + 1));
  const sizes = new LineSizes(Array.from({ length: count }, (_, index) => `export const v${index} = 1;`));
  const sections = outlineSections(symbols, statements, sizes, LIMITS);
  expect(sections.length).toBeGreaterThanOrEqual(Math.floor(count / LIMITS.lines));
  return looks;
}

it('divides a flat file in a time that grows with its lines, not with their square', () => {
  expect(looksAt(8_000) / looksAt(1_000)).toBeLessThan(8 * 1.5);
});
