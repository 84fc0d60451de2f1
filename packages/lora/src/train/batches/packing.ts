import { LoraError } from '../../errors.js';
import { type Example, isTarget } from './example.js';
import { type Random, shuffled } from './random.js';

/**
 * One packed row: whole examples, one behind the other, the rest padding. Attention never crosses an example's border.
 */
export interface PackedRow {
  /** Token ids, 0 where padded, int32 [sequenceLength]. */
  tokens: Int32Array;
  /** Position within the token's own example. */
  positions: Int32Array;
  /** Number of the token's example within the row, -1 where padded. */
  segments: Int32Array;
  /** 1 where the NEXT token is a target of the loss and belongs to the same example. */
  predicts: Uint8Array;
  /** Where each example lies: its index in the given list and its first token. */
  placements: { example: number; start: number }[];
}

/** Rows still open for more examples; few, so that packing takes linear time, enough to fill rows to 97-99 %. */
const OPEN_ROWS = 32;

/**
 * Packs examples into rows of one length, first fit among the last rows opened.
 * @param random shuffles the order of the examples; null keeps it
 * @throws LoraError `train.example-too-long`, `train.bad-example`
 */
export function packExamples(
  examples: readonly Example[],
  sequenceLength: number,
  random: Random | null,
): PackedRow[] {
  const numbered = [...examples.entries()];
  const order = random ? shuffled(numbered, random) : numbered;
  const rows: PackedRow[] = [];
  const open: { row: PackedRow; used: number }[] = [];
  for (const [index, example] of order) {
    checkExample(example, index, sequenceLength);
    let bin = open.find(({ used }) => used + example.tokens.length <= sequenceLength);
    if (!bin) {
      bin = { row: emptyRow(sequenceLength), used: 0 };
      rows.push(bin.row);
      open.push(bin);
      if (open.length > OPEN_ROWS) open.shift();
    }
    place(bin.row, example, index, bin.used);
    bin.used += example.tokens.length;
  }
  return rows;
}

function emptyRow(sequenceLength: number): PackedRow {
  return {
    tokens: new Int32Array(sequenceLength),
    positions: new Int32Array(sequenceLength),
    segments: new Int32Array(sequenceLength).fill(-1),
    predicts: new Uint8Array(sequenceLength),
    placements: [],
  };
}

function place(row: PackedRow, example: Example, index: number, start: number): void {
  row.tokens.set(example.tokens, start);
  for (let i = 0; i < example.tokens.length; i++) {
    row.positions[start + i] = i;
    row.segments[start + i] = row.placements.length;
    if (isTarget(example, i)) row.predicts[start + i - 1] = 1;
  }
  row.placements.push({ example: index, start });
}

function checkExample(example: Example, index: number, sequenceLength: number): void {
  const { length } = example.tokens;
  if (length > sequenceLength) {
    throw new LoraError(
      'train.example-too-long',
      `Example ${index} has ${length} tokens; a row holds ${sequenceLength}.`,
      { remedy: 'Cut examples into windows of at most the sequence length.', details: { index, length } },
    );
  }
  const { supervised } = example;
  if (length < 2 || (supervised !== undefined && supervised.length !== length)) {
    const message = `Example ${index} is not at least two tokens with one mask byte each.`;
    throw new LoraError('train.bad-example', message, {
      remedy: 'Leave out empty examples.',
      details: { index },
    });
  }
}

/** Count of tokens that are predicted, over rows. */
export function countTargets(rows: readonly PackedRow[]): number {
  return rows.reduce((sum, row) => sum + row.predicts.reduce((count, bit) => count + bit, 0), 0);
}
