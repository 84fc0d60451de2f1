/** Tokens of the shortest and the longest text that counts as a loop when it is written over and over. */
const SHORTEST = 16;
const LONGEST = 192;
/** Times that the same text has to stand one after the other. */
const TIMES = 3;

/** Notices when a model writes the same text again and again: a small one does so until its tokens are used up. */
export class LoopWatch {
  readonly #tokens: number[] = [];
  /** For each period, how many of the last tokens are those that stand a period before them. */
  readonly #same = new Int32Array(LONGEST + 1);

  /** @returns whether the text so far ends with one passage three times over */
  push(token: number): boolean {
    const at = this.#tokens.push(token) - 1;
    let isLoop = false;
    for (let period = SHORTEST; period <= Math.min(LONGEST, at); period++) {
      const count = token === this.#tokens[at - period] ? this.#same[period]! + 1 : 0;
      this.#same[period] = count;
      if (count >= (TIMES - 1) * period) isLoop = true;
    }
    return isLoop;
  }
}
