import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permuteRows, unpermuteRows } from './row-order.js';

describe('row order', () => {
  it("is that of llama.cpp's converter", () => {
    const { rowOrder } = JSON.parse(
      readFileSync(new URL('../../fixtures/golden/quants/quants.json', import.meta.url), 'utf8'),
    ) as {
      rowOrder: { heads: number; rows: number; columns: number; halves: number[]; interleaved: number[] };
    };
    const { heads, rows, columns } = rowOrder;
    const [halves, interleaved] = [new Float32Array(rowOrder.halves), new Float32Array(rowOrder.interleaved)];
    expect(halves).not.toEqual(interleaved);
    expect(permuteRows(halves, rows, columns, heads)).toEqual(interleaved);
    expect(unpermuteRows(interleaved, rows, columns, heads)).toEqual(halves);
  });

  it('comes back for any number of heads and any head size', () => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 6 }),
      half: fc.integer({ min: 1, max: 8 }),
      columns: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, ({ heads, half, columns }) => {
        const rows = heads * half * 2;
        const matrix = Float32Array.from({ length: rows * columns }, (_, i) => i);
        const there = permuteRows(matrix, rows, columns, heads);
        expect([...there].sort((a, b) => a - b)).toEqual([...matrix]);
        expect(unpermuteRows(there, rows, columns, heads)).toEqual(matrix);
      }),
    );
  });

  it('refuses rows that do not divide into heads, and a matrix of another size', () => {
    const refuse = (length: number, rows: number, columns: number, heads: number) =>
      expect(() => permuteRows(new Float32Array(length), rows, columns, heads)).toThrow(
        expect.objectContaining({ code: 'adapter.row-order' }),
      );
    refuse(12, 12, 1, 4); // heads of 3 rows
    refuse(12, 12, 1, 5);
    refuse(11, 12, 1, 3);
  });
});
