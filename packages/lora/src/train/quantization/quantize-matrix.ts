/** A matrix as signed 8-bit codes with a scale for each column. */
export interface QuantizedColumns {
  /** [rows, columns], row-major */
  codes: Int8Array;
  /** [columns] */
  scale: Float32Array;
}

/**
 * Quantises W [out, in] symmetrically, for products in both directions, after multiplying its
 * rows and columns by factors.
 * @param rowFactor [out] or null
 * @param columnFactor [in] or null
 * @param largestCode of either sign, at most 127
 * @returns forward: W^T [in, out] with a scale for each output; backward: W [out, in] with a scale for each input
 */
export function quantizeBothWays(
  weight: Float32Array,
  out: number,
  inner: number,
  rowFactor: Float32Array | null,
  columnFactor: Float32Array | null,
  largestCode: number,
): { forward: QuantizedColumns; backward: QuantizedColumns } {
  const scaled = withFactors(weight, out, inner, rowFactor, columnFactor);
  const forwardScale = new Float32Array(out);
  const backwardScale = new Float32Array(inner);
  for (let o = 0; o < out; o++) {
    let largest = 0;
    for (let i = 0; i < inner; i++) {
      const magnitude = Math.abs(scaled[o * inner + i]!);
      if (magnitude > largest) largest = magnitude;
      if (magnitude > backwardScale[i]!) backwardScale[i] = magnitude;
    }
    forwardScale[o] = largest;
  }
  toScales(forwardScale, largestCode);
  toScales(backwardScale, largestCode);

  const forward = new Int8Array(out * inner);
  const backward = new Int8Array(out * inner);
  const inverse = backwardScale.map((scale) => 1 / scale);
  for (let o = 0; o < out; o++) {
    const rowInverse = 1 / forwardScale[o]!;
    for (let i = 0; i < inner; i++) {
      const value = scaled[o * inner + i]!;
      forward[i * out + o] = Math.round(value * rowInverse);
      backward[o * inner + i] = Math.round(value * inverse[i]!);
    }
  }
  return {
    forward: { codes: forward, scale: forwardScale },
    backward: { codes: backward, scale: backwardScale },
  };
}

/**
 * Quantises a matrix [rows, columns] symmetrically, with a scale for each row.
 * @param largestCode of either sign, at most 127
 * @returns codes [rows, columns], the same transposed [columns, rows], and scale [rows]
 */
export function quantizeRows(
  matrix: Float32Array,
  rows: number,
  columns: number,
  largestCode: number,
): { codes: Int8Array; transposed: Int8Array; scale: Float32Array } {
  const scale = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++)
      largest = Math.max(largest, Math.abs(matrix[i]!));
    scale[row] = largest;
  }
  toScales(scale, largestCode);
  const codes = new Int8Array(rows * columns);
  const transposed = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const inverse = 1 / scale[row]!;
    for (let column = 0; column < columns; column++) {
      const code = Math.round(matrix[row * columns + column]! * inverse);
      codes[row * columns + column] = code;
      transposed[column * rows + row] = code;
    }
  }
  return { codes, transposed, scale };
}

function withFactors(
  weight: Float32Array,
  out: number,
  inner: number,
  rowFactor: Float32Array | null,
  columnFactor: Float32Array | null,
): Float32Array {
  if (!rowFactor && !columnFactor) return weight;
  const result = new Float32Array(weight.length);
  for (let o = 0; o < out; o++) {
    const row = rowFactor ? rowFactor[o]! : 1;
    for (let i = 0; i < inner; i++) {
      result[o * inner + i] = weight[o * inner + i]! * row * (columnFactor ? columnFactor[i]! : 1);
    }
  }
  return result;
}

/** Largest magnitudes to scales, in place; a column of zeros gets 1. */
function toScales(largest: Float32Array, largestCode: number): void {
  for (let i = 0; i < largest.length; i++) largest[i] = largest[i]! > 0 ? largest[i]! / largestCode : 1;
}
