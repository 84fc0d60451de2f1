import type { ExampleScore, SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import type { LineSpan } from '../../data/next-line.js';
import type { ComparedText } from './compared-texts.js';

/** What a model makes of one text. */
export interface TextScore {
  /** Of the code, summed over its tokens: negative log-likelihood, nats. */
  nats: number;
  /** UTF-8 bytes of the code. */
  bytes: number;
  /** Tokens of the code. */
  tokens: number;
  /** Of `lines`, those whose every token was the model's first choice, given all before it. */
  matchedLines: number;
  lines: number;
}

/** A text as one base reads it. */
export interface EncodedText {
  example: SupervisedExample;
  /** UTF-8 bytes of the supervised tokens' text. */
  bytes: number;
  /** Tokens of the lines that are to be matched. */
  lines: LineSpan[];
}

/** A line with fewer characters than this (`}`, `else:`) says nothing about what a model knows. */
const MIN_LINE_CHARS = 6;

/**
 * Encodes a text for one base. Path line and code are encoded apart, so that the supervised tokens spell the code and
 * nothing else: else a token might hold the line end between the two with the indentation after it.
 */
export function encodeText({ header, code }: ComparedText, tokenizer: Tokenizer): EncodedText {
  const begin = tokenizer.addBegin && tokenizer.beginToken >= 0 ? [tokenizer.beginToken] : [];
  const given = [...begin, ...tokenizer.encode(header)];
  const own = tokenizer.encode(code);
  const tokens = Int32Array.from([...given, ...own]);
  const supervised = new Uint8Array(tokens.length).fill(1, given.length);
  return {
    example: { tokens, supervised },
    bytes: Buffer.byteLength(code),
    lines: spansOfLines(code, tokens, given.length, tokenizer),
  };
}

/**
 * The tokens of each line that counts. Which lines count is decided by their text, so that it is the same ones for
 * every tokenizer: not the first (nothing leads to it), at least six characters, one of them a letter or digit. A
 * line's tokens are those that spell what is seen of it; the one that holds the line end belongs to it only if it also
 * holds something that is seen (`);` and the line end are one token for some bases, two for others).
 */
function spansOfLines(code: string, tokens: Int32Array, from: number, tokenizer: Tokenizer): LineSpan[] {
  const texts = code.split('\n');
  const spans: LineSpan[] = [];
  let line = 0;
  let start = from;
  for (let at = from; at < tokens.length; at++) {
    const text = tokenizer.decode(tokens.subarray(at, at + 1));
    const lineEnds = text.split('\n').length - 1;
    if (lineEnds === 0) continue;
    const isSeen = (text.split('\n')[0] ?? '').trim() !== '';
    const end = isSeen ? at + 1 : at;
    if (line > 0 && counts(texts[line] ?? '') && end > start) spans.push({ start, end });
    line += lineEnds;
    start = at + 1;
  }
  return spans;
}

function counts(line: string): boolean {
  return line.trim().length >= MIN_LINE_CHARS && /[\p{L}\p{N}]/u.test(line);
}

/** Puts together what a model makes of a text. */
export function scoreText({ example, bytes, lines }: EncodedText, score: ExampleScore): TextScore {
  let nats = 0;
  let tokens = 0;
  for (const [at, nll] of score.nll.entries()) {
    if (at === 0 || example.supervised[at] !== 1) continue;
    nats += nll;
    tokens++;
  }
  const matched = lines.filter(({ start, end }) =>
    score.top1Correct.subarray(start, end).every((isCorrect) => isCorrect === 1),
  );
  return { nats, bytes, tokens, matchedLines: matched.length, lines: lines.length };
}

/** The figures of a model over texts. */
export interface TextFigures {
  /**
   * Bits of surprise per byte of code; lower is better. Unlike a loss per token it can be compared between tokenizers.
   */
  bitsPerByte: number;
  /** Share of next lines matched exactly; null where there is no line that counts. */
  nextLineExact: number | null;
}

/** Sums up scores of texts. At least one is needed. */
export function figuresOf(scores: readonly TextScore[]): TextFigures {
  const sum = (part: keyof TextScore): number => scores.reduce((total, score) => total + score[part], 0);
  const lines = sum('lines');
  return {
    bitsPerByte: sum('nats') / Math.LN2 / sum('bytes'),
    nextLineExact: lines === 0 ? null : sum('matchedLines') / lines,
  };
}

/** Bytes of code that a token of this base spells, on average. */
export function bytesPerToken(scores: readonly TextScore[]): number {
  const bytes = scores.reduce((sum, score) => sum + score.bytes, 0);
  return bytes / scores.reduce((sum, score) => sum + score.tokens, 0);
}
