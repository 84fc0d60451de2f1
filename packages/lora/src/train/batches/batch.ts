import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import type { PackedRow } from './packing.js';

/** Some rows made ready for the graphs. */
export interface Batch {
  rows: readonly PackedRow[];
  sequenceLength: number;
  /** int64 [rows, sequence] */
  positions: HostTensor;
  /** float32 [rows, 1, sequence, sequence], 0 or MASKED */
  mask: HostTensor;
  /** Flat indices (row * sequence + position) of the positions that predict a target. */
  predicting: Int32Array;
  /** The token each of them should predict. */
  labels: Int32Array;
}

/** Added to the score of a pair that may not attend. Not -infinity: a row of nothing else would become NaN. */
const MASKED = -1e9;

/** Lays rows side by side; `count` rows are made up to with padding when fewer are given. */
export function makeBatch(given: readonly PackedRow[], count: number, sequenceLength: number): Batch {
  const blank: PackedRow = {
    tokens: new Int32Array(sequenceLength),
    positions: new Int32Array(sequenceLength),
    segments: new Int32Array(sequenceLength).fill(-1),
    predicts: new Uint8Array(sequenceLength),
    placements: [],
  };
  const rows = Array.from({ length: count }, (_, i) => given[i] ?? blank);
  const positions = new BigInt64Array(count * sequenceLength);
  const mask = new Float32Array(count * sequenceLength * sequenceLength).fill(MASKED);
  const predicting: number[] = [];
  const labels: number[] = [];
  for (const [r, row] of rows.entries()) {
    for (const [i, position] of row.positions.entries()) {
      const flat = r * sequenceLength + i;
      positions[flat] = BigInt(position);
      // A padded token sees only itself: its result is never used, but it has to be finite.
      const first = row.segments[i] === -1 ? i : i - position;
      mask.fill(0, flat * sequenceLength + first, flat * sequenceLength + i + 1);
      const next = row.tokens[i + 1];
      if (!row.predicts[i] || next === undefined) continue;
      predicting.push(flat);
      labels.push(next);
    }
  }
  return {
    rows,
    sequenceLength,
    positions: hostTensor(positions, [count, sequenceLength]),
    mask: hostTensor(mask, [count, 1, sequenceLength, sequenceLength]),
    predicting: Int32Array.from(predicting),
    labels: Int32Array.from(labels),
  };
}

/** The tokens of a batch, row after row, [rows * sequence]. */
export function tokensOf({ rows, sequenceLength }: Batch): Int32Array {
  const tokens = new Int32Array(rows.length * sequenceLength);
  for (const [i, row] of rows.entries()) tokens.set(row.tokens, i * sequenceLength);
  return tokens;
}

/** Each position of a batch that predicts a target, as a flat index, with the token it should predict. */
export function* predictions({ predicting, labels }: Batch): Generator<[position: number, label: number]> {
  for (const [i, label] of labels.entries()) {
    const position = predicting[i];
    if (position !== undefined) yield [position, label];
  }
}
