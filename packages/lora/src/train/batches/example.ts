/** One training or held-out example, before packing. */
export interface Example {
  /** Token ids, at least 2. */
  tokens: Int32Array;
  /**
   * One byte a token: 1 where the token is a target of the loss (it is predicted from those before it).
   * Entry 0 is ignored: nothing predicts the first token.
   */
  supervised: Uint8Array;
}
