/** Tokens of the shortest and the longest passage that counts when it is written over and over. */
const SHORTEST_PASSAGE = 16;
const LONGEST_PASSAGE = 192;
/** A passage that stands so many times in a row is a loop. */
const TIMES = 3;

/** Notices when a model writes the same passage again and again: a small one does so until its tokens are used up. */
export class LoopWatch {
  readonly #tokens: number[] = [];
  /** At index p: how many tokens in a row, counted back from the last one, equal the token p places before them. */
  readonly #repeated = new Int32Array(LONGEST_PASSAGE + 1);

  /** @returns whether the text so far ends with one passage three times in a row */
  push(token: number): boolean {
    const at = this.#tokens.push(token) - 1;
    let isLoop = false;
    for (let length = SHORTEST_PASSAGE; length <= Math.min(LONGEST_PASSAGE, at); length++) {
      const isRepeated = token === this.#tokens[at - length];
      const repeated = isRepeated ? (this.#repeated[length] ?? 0) + 1 : 0;
      this.#repeated[length] = repeated;
      if (repeated >= (TIMES - 1) * length) isLoop = true;
    }
    return isLoop;
  }
}
