import type { SupervisedExample } from '@codebase-gardener/lora';
import { present } from '../../../garden/errors/present.js';

/** Tokens that are looked at as one: long enough to be a codebase's own, short enough to come again. */
const RUN = 3;
/** Runs are told apart by so many bits of a hash: of a million, one in eight shares its number with another. */
const HASH_BITS = 23;

/** A row, the file that it is of, and what kind of row it is. */
export interface OrderedRow {
  example: SupervisedExample;
  file: string;
  kind: string;
}

/**
 * What rows say that other files of the codebase say as well, and how often it was said before. A run of three tokens
 * is worth the number of other files that have it, divided by how often rows that were taken have said it, and one. Of
 * a sum like this, which falls as rows are taken, the greedy choice is close to the best (Nemhauser, Wolsey and Fisher,
 * "An analysis of approximations for maximizing submodular set functions", 1978).
 */
export class Coverage {
  /** The distinct runs of each row. */
  readonly #runs = new Map<OrderedRow, Uint32Array>();
  /** How many files have each run. */
  readonly #files = new Uint16Array(2 ** HASH_BITS);
  /** In how many rows it was taken. */
  readonly #taken = new Uint16Array(2 ** HASH_BITS);

  constructor(rows: readonly OrderedRow[]) {
    const ofFile = new Map<string, OrderedRow[]>();
    for (const row of rows) {
      const own = ofFile.get(row.file);
      if (own === undefined) ofFile.set(row.file, [row]);
      else own.push(row);
    }
    const lastFile = new Int32Array(2 ** HASH_BITS);
    // File by file, so that the last file that had a run tells whether this one is counted.
    for (const [index, own] of [...ofFile.values()].entries()) {
      for (const row of own) {
        const runs = runsOf(row.example.tokens, row.example.supervised);
        this.#runs.set(row, runs);
        for (const run of runs) {
          if (lastFile[run] === index + 1) continue;
          lastFile[run] = index + 1;
          add(this.#files, run);
        }
      }
    }
  }

  /** What a row adds to those taken. */
  added(row: OrderedRow): number {
    let sum = 0;
    for (const run of present(this.#runs.get(row)))
      sum += ((this.#files[run] ?? 1) - 1) / (1 + (this.#taken[run] ?? 0));
    return sum;
  }

  take(row: OrderedRow): void {
    for (const run of present(this.#runs.get(row))) add(this.#taken, run);
  }
}

/** The distinct runs that end in a token that is learned. */
function runsOf(tokens: Int32Array, supervised: Uint8Array): Uint32Array {
  const runs = new Set<number>();
  for (let end = RUN; end <= tokens.length; end++) {
    if (supervised[end - 1] === 1) runs.add(hashOf(tokens.subarray(end - RUN, end)));
  }
  return Uint32Array.from(runs);
}

/** FNV-1a over whole tokens, its upper bits folded in. */
function hashOf(tokens: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x01000193);
  return ((hash >>> HASH_BITS) ^ hash) & (2 ** HASH_BITS - 1);
}

/** One more, as far as the count goes. */
function add(counts: Uint16Array, at: number): void {
  counts[at] = Math.min(0xffff, (counts[at] ?? 0) + 1);
}
