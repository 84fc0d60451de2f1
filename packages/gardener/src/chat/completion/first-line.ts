import type { CompletionEvent } from '../assistant-requests.js';

/** How likely a model holds the first line that it writes. */
export class FirstLine {
  #tokens = 0;
  #logProbability = 0;
  #isWhole = false;

  /** To be told each piece of text in order. */
  push({ text, likelihood }: Extract<CompletionEvent, { type: 'text' }>): void {
    if (this.#isWhole || likelihood === undefined) return;
    this.#tokens += likelihood.tokens;
    this.#logProbability += likelihood.logProbability;
    // A line end at the very beginning belongs to the line that follows it.
    this.#isWhole = /\S[^\n]*\n/.test(text) || (this.#tokens > likelihood.tokens && text.includes('\n'));
  }

  /** Whether nothing that follows changes it. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The geometric mean of its tokens' probabilities, or null where nothing tells them. */
  get confidence(): number | null {
    return this.#tokens === 0 ? null : Math.exp(this.#logProbability / this.#tokens);
  }
}
