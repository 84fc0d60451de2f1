import type { Tokenizer } from '@codebase-gardener/lora';

/** The tokens of one source line inside an example: [start, end). */
export interface LineSpan {
  start: number;
  end: number;
}

/** A line with fewer tokens than this (`}`, `else:`) says nothing about what a model knows. */
const MIN_LINE_TOKENS = 3;

/**
 * The non-trivial lines of a code window: at least three tokens and a letter or digit. A line's span starts after the
 * token that holds the previous line's end (and with it this line's indentation, which is thus given) and stops before
 * its own line end. Under teacher forcing the next line is matched exactly when every token of the span is the model's
 * first choice (CrossCodeEval 2310.11248, RepoBench 2306.03091).
 * @param from first token after the path line
 */
export function lineSpans(tokens: Int32Array, from: number, tokenizer: Tokenizer): LineSpan[] {
  const spans: LineSpan[] = [];
  let start = from;
  const close = (end: number): void => {
    if (end - start >= MIN_LINE_TOKENS && start > 0) {
      if (/[\p{L}\p{N}]/u.test(tokenizer.decode(tokens.subarray(start, end)))) spans.push({ start, end });
    }
  };
  for (const [i, token] of tokens.entries()) {
    if (i < from || !tokenizer.decode([token]).includes('\n')) continue;
    close(i);
    start = i + 1;
  }
  close(tokens.length);
  return spans;
}
