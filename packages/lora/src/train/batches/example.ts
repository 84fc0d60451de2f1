/** One training, validation or held-out example, before packing. */
export interface Example {
  /** Token ids, at least 2. */
  tokens: Int32Array;
  /**
   * One byte a token: 1 where the token is a target of the loss (it is predicted from those before it). Entry 0 is
   * ignored: nothing predicts the first token. Defaults to every token.
   */
  supervised?: Uint8Array;
}

/** An example with its mask written out. */
export interface SupervisedExample extends Example {
  supervised: Uint8Array;
}

/** Whether a token of an example is a target of the loss. */
export function isTarget({ supervised }: Example, index: number): boolean {
  return index > 0 && (supervised === undefined || supervised[index] !== 0);
}

/**
 * Cuts tokens into examples of `length` tokens, every one of them a target. What is left at the end, fewer than
 * `length` tokens, becomes a shorter example of its own; one single token is dropped, since nothing would predict it.
 * @param tokens int32 [n], as a tokenizer encodes a text; the windows are views into it, not copies
 * @param length tokens of a window, at least 2; at most the `batch.sequenceLength` of the training
 * @throws RangeError when `length` is not a whole number of at least 2
 */
export function windowsOf(tokens: Int32Array, length: number): Example[] {
  if (!Number.isInteger(length) || length < 2) throw new RangeError(`a window of ${length} tokens`);
  const windows: Example[] = [];
  for (let start = 0; start + 2 <= tokens.length; start += length) {
    windows.push({ tokens: tokens.subarray(start, start + length) });
  }
  return windows;
}
