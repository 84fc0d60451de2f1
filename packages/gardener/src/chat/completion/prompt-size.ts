/** A prompt has one of these sizes, in tokens: one that changed all the time would be read anew all the time. */
const SIZES = [512, 768, 1_024, 1_536, 2_048] as const;
/** Before anything was measured. */
const FIRST_SIZE = 1_024;
/** So long a prompt may take to be read when nothing of it is in memory, as after a change of file. */
const PATIENCE_MS = 6_000;
/** Fewer tokens say little about the speed. */
const FEWEST_TOKENS = 32;
const MEMORY = 0.7;

/** Chooses how large prompts are, by how fast a machine reads them with one base model. */
export class PromptSize {
  #tokensPerMs: number | null = null;

  /** To be told what reading a prompt took. */
  push({ tokens, cachedTokens, ms }: { tokens: number; cachedTokens: number; ms: number }): void {
    const read = tokens - cachedTokens;
    if (read < FEWEST_TOKENS || ms <= 0) return;
    const speed = read / ms;
    this.#tokensPerMs =
      this.#tokensPerMs === null ? speed : MEMORY * this.#tokensPerMs + (1 - MEMORY) * speed;
  }

  /** Tokens that the next prompt should have at most. */
  get tokens(): number {
    if (this.#tokensPerMs === null) return FIRST_SIZE;
    const affordable = this.#tokensPerMs * PATIENCE_MS;
    return SIZES.findLast((size) => size <= affordable) ?? SIZES[0];
  }
}
