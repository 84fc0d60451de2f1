import { LoraError } from '../errors.js';
import type { TargetModule } from '../transformer/config/adapter-config.js';
import { ARCHITECTURES } from '../transformer/config/architectures.js';
import { rotaryHeads } from '../transformer/config/modules.js';
import type { RotaryLayout, TransformerConfig } from '../transformer/config/transformer-config.js';
import type { WeightFormat } from '../weights/weight-source.js';

/** A B matrix in the base's row order, brought into the row order of a format (the same array if it already is). */
export function rowsToFormat(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  format: WeightFormat,
): Float32Array {
  return reorder(b, module, config, config.rotaryLayout, layoutOf(config, format));
}

/** A B matrix in a format's row order, brought into the base's. */
export function rowsFromFormat(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  format: WeightFormat,
): Float32Array {
  return reorder(b, module, config, layoutOf(config, format), config.rotaryLayout);
}

function layoutOf({ architecture }: TransformerConfig, format: WeightFormat): RotaryLayout {
  return ARCHITECTURES[architecture].rotaryLayout[format];
}

function reorder(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  from: RotaryLayout,
  to: RotaryLayout,
): Float32Array {
  const heads = rotaryHeads(config, module);
  if (heads === null || from === to) return b;
  const rows = heads * config.headSize;
  const move = to === 'interleaved' ? permuteRows : unpermuteRows;
  return move(b, rows, b.length / rows, heads);
}

/**
 * Hugging Face's row order of a q or k matrix to llama.cpp's.
 *
 * Rotary embedding turns pairs of coordinates within each head. Hugging Face pairs coordinate i with i + headSize / 2
 * (`halves`); llama.cpp, for the llama architecture, pairs neighbours 2 i and 2 i + 1 (`interleaved`), and its
 * converter reorders the rows of W_q and W_k to match: `w.reshape(heads, 2, headSize / 2, columns).swapaxes(1, 2)`. Of
 * a LoRA pair only B has those rows, so only B is reordered.
 * @param matrix [rows, columns], row-major
 * @param headCount heads that the rows are divided into: the attention heads for q, the key-value heads for k
 * @returns a new array of the same shape
 * @throws LoraError `adapter.row-order` when the rows do not divide into heads of an even size
 */
export function permuteRows(
  matrix: Float32Array,
  rows: number,
  columns: number,
  headCount: number,
): Float32Array {
  return moveRows(matrix, rows, columns, headCount, (halvesRow, interleavedRow) => [
    halvesRow,
    interleavedRow,
  ]);
}

/** The inverse of `permuteRows`: llama.cpp's row order to Hugging Face's. Same parameters and errors. */
export function unpermuteRows(
  matrix: Float32Array,
  rows: number,
  columns: number,
  headCount: number,
): Float32Array {
  return moveRows(matrix, rows, columns, headCount, (halvesRow, interleavedRow) => [
    interleavedRow,
    halvesRow,
  ]);
}

function moveRows(
  matrix: Float32Array,
  rows: number,
  columns: number,
  headCount: number,
  direction: (halvesRow: number, interleavedRow: number) => [from: number, to: number],
): Float32Array {
  const half = rows / headCount / 2;
  if (!Number.isInteger(half) || matrix.length !== rows * columns) {
    throw new LoraError(
      'adapter.row-order',
      `A matrix of ${matrix.length} values is not ${rows} x ${columns} with ${headCount} heads of an even size.`,
      { remedy: 'This is a fault of the program: report it.', details: { rows, columns, headCount } },
    );
  }
  const moved = new Float32Array(matrix.length);
  for (let head = 0; head < headCount; head++) {
    for (let pair = 0; pair < half; pair++) {
      for (let side = 0; side < 2; side++) {
        const first = head * 2 * half;
        const [from, to] = direction(first + side * half + pair, first + 2 * pair + side);
        moved.set(matrix.subarray(from * columns, (from + 1) * columns), to * columns);
      }
    }
  }
  return moved;
}
