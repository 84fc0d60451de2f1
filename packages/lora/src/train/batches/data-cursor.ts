import type { Example } from './example.js';
import { type PackedRow, packExamples } from './packing.js';
import { seededRandom } from './random.js';

/** A place in the endless sequence of rows: the data is ordered and packed anew for every epoch. */
export interface CursorPosition {
  epoch: number;
  /** Rows of this epoch already used. */
  row: number;
}

/** In which order the examples are learned. */
export interface DataOrder {
  seed: number;
  /** `given`: the first epoch takes the examples as they are given; every other one is shuffled. */
  firstEpoch?: 'given' | 'shuffled' | undefined;
}

/**
 * Hands out rows in an order that depends on the seed alone, so that a resumed run goes on exactly where it stopped.
 */
export class DataCursor {
  #rows: PackedRow[];

  constructor(
    private readonly examples: readonly Example[],
    private readonly sequenceLength: number,
    private readonly order: DataOrder,
    public position: CursorPosition = { epoch: 0, row: 0 },
  ) {
    this.#rows = this.#pack(position.epoch);
  }

  /** Rows in the current epoch; epochs differ by a row or two. */
  get rowsPerEpoch(): number {
    return this.#rows.length;
  }

  /** The next `count` rows; fewer at the end of an epoch, so that every example is used exactly once an epoch. */
  next(count: number): PackedRow[] {
    if (this.position.row >= this.#rows.length) {
      this.position = { epoch: this.position.epoch + 1, row: 0 };
      this.#rows = this.#pack(this.position.epoch);
    }
    const rows = this.#rows.slice(this.position.row, this.position.row + count);
    this.position = { ...this.position, row: this.position.row + rows.length };
    return rows;
  }

  #pack(epoch: number): PackedRow[] {
    const { seed, firstEpoch } = this.order;
    const isGiven = epoch === 0 && firstEpoch === 'given';
    return packExamples(this.examples, this.sequenceLength, isGiven ? null : seededRandom(seed, 2, epoch));
  }
}
