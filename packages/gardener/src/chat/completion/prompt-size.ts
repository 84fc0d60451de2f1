/** What a prompt has at least room for, in tokens. */
export const SMALLEST_PROMPT = 512;
/** A prompt has one of these sizes, in tokens: one that changed all the time would be read anew all the time. */
const SIZES = [SMALLEST_PROMPT, 768, 1_024, 1_536, 2_048] as const;
/** So long a prompt may take to be read when nothing of it is in memory, as after a change of file. */
const PATIENCE_MS = 3_000;
/** Fewer tokens say little about the speed. */
const FEWEST_TOKENS = 32;
const MEMORY = 0.7;
/** It grows where the larger one takes so much of the time, and shrinks where its own takes so much more. */
const GROWS_BELOW = 0.8;
const SHRINKS_ABOVE = 1.25;

/** Chooses how large prompts are, by how fast a machine reads them with one base model. */
export class PromptSize {
  #tokensPerMs: number | null = null;
  #tokens: number = SMALLEST_PROMPT;

  /** To be told what reading a prompt took. */
  push({ tokens, cachedTokens, ms }: { tokens: number; cachedTokens: number; ms: number }): void {
    const read = tokens - cachedTokens;
    if (read < FEWEST_TOKENS || ms <= 0) return;
    const speed = read / ms;
    this.#tokensPerMs =
      this.#tokensPerMs === null ? speed : MEMORY * this.#tokensPerMs + (1 - MEMORY) * speed;
    const affordable = this.#tokensPerMs * PATIENCE_MS;
    if (this.#tokens > affordable * SHRINKS_ABOVE) this.#tokens = largestWithin(affordable);
    this.#tokens = Math.max(this.#tokens, largestWithin(affordable * GROWS_BELOW));
  }

  /** Tokens that a prompt should have at most: few before anything was measured, so that the first comes soon. */
  get tokens(): number {
    return this.#tokens;
  }

  /** How long a prompt of this size takes to be read anew, milliseconds; 0 before anything was measured. */
  get readingMs(): number {
    return this.#tokensPerMs === null ? 0 : this.tokens / this.#tokensPerMs;
  }
}

/** The largest size of at most so many tokens; the smallest where there is none. */
function largestWithin(tokens: number): number {
  return SIZES.findLast((size) => size <= tokens) ?? SMALLEST_PROMPT;
}
