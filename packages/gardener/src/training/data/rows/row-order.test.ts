import { describe, expect, it } from 'vitest';
import type { OrderedRow } from './coverage.js';
import { orderRows } from './row-order.js';

/** A row of the letters of a text, every one learned but for so many at its start. */
function row(file: string, text: string, kind = 'window', given = 0): OrderedRow {
  const tokens = Int32Array.from(text, (letter) => letter.charCodeAt(0));
  return { example: { tokens, supervised: new Uint8Array(tokens.length).fill(1, given) }, file, kind };
}

const names = (rows: readonly OrderedRow[]) => rows.map(({ file }) => file).join('');
const kinds = (rows: readonly OrderedRow[]) => rows.map(({ kind }) => kind[0]).join('');

describe('orderRows', () => {
  it('by coverage, begins with what most files say, and goes on with what was not said yet', () => {
    const rows = [
      row('a', 'only in here and long'),
      row('b', 'open(path)'),
      row('c', 'open(path)'),
      row('d', 'open(path)'),
      row('e', 'close(it)!'),
      row('f', 'close(it)!'),
      row('g', 'close(it)!'),
    ];
    // What was said once adds less than what was not said yet.
    expect(names(orderRows(rows, 'coverage'))).toMatch(/^[bcd][efg]....a$/);
  });

  it('counts files, not rows: what one file repeats is not what the codebase says', () => {
    const repeats = Array.from({ length: 5 }, () => row('a', 'again and again'));
    const [first] = orderRows([...repeats, row('b', 'shared'), row('c', 'shared')], 'coverage');
    expect(first?.file).toBe('b');
  });

  it('counts what is learned, not what is given', () => {
    const rows = [row('a', 'shared here!', 'window', 12), row('b', 'shared here!'), row('c', 'shared xxxxx')];
    expect(orderRows(rows, 'coverage')[0]?.file).toBe('b');
  });

  it('keeps the kinds in their shares of the tokens all along', () => {
    const rows = [
      ...Array.from({ length: 20 }, (_, i) => row(`${i}`, `window number ${i % 5}`)),
      ...Array.from({ length: 10 }, (_, i) => row(`${i}`, `gaps in number${i % 5}`, 'gap')),
    ];
    const ordered = kinds(orderRows(rows, 'coverage'));
    expect(ordered).toHaveLength(30);
    for (let at = 3; at <= 30; at += 3) expect(ordered.slice(0, at).split('g').length - 1).toBe(at / 3);
  });

  it('goes from file to file where their rows add as much', () => {
    const rows = [...'aabbcc'].map((file) => row(file, 'all say this'));
    const ordered = names(orderRows(rows, 'coverage'));
    expect(new Set(ordered.slice(0, 3)).size).toBe(3);
  });

  it('takes later what counts for less', () => {
    const rows = [
      ...[...'abc'].map((file) => row(file, 'all say this')),
      ...[...'de'].map((file) => row(file, 'some say it')),
    ];
    const weightOf = (file: string) => ('abc'.includes(file) ? 0.25 : 1);
    expect(names(orderRows(rows, 'coverage'))).toMatch(/^[abc]/);
    expect(names(orderRows(rows, 'coverage', weightOf))).toMatch(/^[de]/);
  });

  it('loses and repeats no row, whatever the order', () => {
    const rows = Array.from({ length: 50 }, (_, i) =>
      row(`${i % 7}`, `row ${i * 7919}`, i % 3 ? 'gap' : 'chat'),
    );
    for (const order of ['drawn', 'coverage'] as const) {
      const ordered = orderRows(rows, order);
      expect(new Set(ordered).size).toBe(50);
      expect(ordered).toHaveLength(50);
    }
    expect(orderRows([], 'coverage')).toEqual([]);
  });
});
