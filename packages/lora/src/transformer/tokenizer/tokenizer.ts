/** Turns text into the base model's tokens and back. Neither way of encoding adds a begin or end token by itself. */
export interface Tokenizer {
  /** Encodes user text: special-token markup in it (`<|im_end|>`) is NOT recognised and becomes ordinary tokens. */
  encode(text: string): Int32Array;
  /** Encodes text of ours, such as a rendered chat template: special tokens in it are recognised. */
  encodeWithSpecials(text: string): Int32Array;
  /**
   * The text of tokens; special tokens are written out, bytes that are no UTF-8 become U+FFFD.
   * @throws LoraError `transformer.unknown-token` for an id outside the vocabulary.
   */
  decode(tokens: ArrayLike<number>): string;
  /** Count of ids, added tokens included. */
  readonly vocabularySize: number;
  /** The id that ends a turn: end of turn where the file names one, else end of text. */
  readonly endOfTurnToken: number;
  /** The id that begins a text, or -1 when the base model has none. */
  readonly beginToken: number;
  /** Whether the base model expects the begin token in front of every text. */
  readonly addBegin: boolean;
}

/** A Tokenizer that also tells which texts are special tokens; needed to keep them out of chat messages. */
export interface ModelTokenizer extends Tokenizer {
  readonly specialTokens: ReadonlyMap<string, number>;
}
