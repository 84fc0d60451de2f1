import type { SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import {
  continuedText,
  encodeGap,
  type Gap,
  type GapTokens,
  type Place,
} from '../../../models/runtime/fill-in-the-middle.js';

/** What gap rows are made with. */
export interface GapBase {
  tokenizer: Tokenizer;
  /** Null for a base that can only continue: it learns the same gaps from the text before them alone. */
  gapTokens: GapTokens | null;
  /** The token learned after the filling, so that a completion ends by itself. */
  endToken: number;
}

/** A gap with all the text of its file around it, of which a row takes what fits. */
export interface GapText {
  /** The filling. */
  text: string;
  before: string;
  after: string;
  place: Place;
  /** Stands before all that is taken of `before`, whole, with its line end. Defaults to nothing. */
  opening?: string;
}

/** Of a row's tokens, what stands after the gap takes at most this share. */
const AFTER_SHARE = 0.25;
/** Characters around a gap that are looked at: more than fit into any row. */
const CHARS_A_TOKEN = 6;

/**
 * The row of a gap: the text before and after it in the base's own spelling, or, for a base that can only continue, the
 * text before it; then the filling and its end token, which are learned. Null where it does not fit with a line before
 * it.
 */
export function gapRow(
  { text, place, opening = '', ...around }: GapText,
  { tokenizer, gapTokens, endToken }: GapBase,
  sequenceLength: number,
): { example: SupervisedExample; gap: Gap } | null {
  const filling = tokenizer.encode(text);
  const encode = (text: string) => tokenizer.encode(text);
  const given = (gap: Gap): Int32Array =>
    gapTokens === null ? encode(continuedText(gap)) : encodeGap(encode, gapTokens, gap);
  const room = sequenceLength - filling.length - 1 - given({ before: opening, after: '', place }).length;
  const after = gapTokens === null ? '' : around.after;
  const kept = lastingLines(after, Math.floor(sequenceLength * AFTER_SHARE), tokenizer, 'first');
  const before = lastingLines(around.before, room - kept.tokens, tokenizer, 'last');
  if (before.text.trim() === '') return null;
  const gap = { before: opening + before.text, after: kept.text, place };
  const prompt = given(gap);
  const tokens = Int32Array.from([...prompt, ...filling, endToken]);
  if (tokens.length > sequenceLength) return null;
  const supervised = new Uint8Array(tokens.length).fill(1, prompt.length);
  return { example: { tokens, supervised }, gap };
}

/**
 * The most whole lines at one end of a text that fit into `room` tokens; the line at the gap
 * itself may be a part of one.
 */
function lastingLines(
  text: string,
  room: number,
  tokenizer: Tokenizer,
  which: 'first' | 'last',
): { text: string; tokens: number } {
  if (room <= 0) return { text: '', tokens: 0 };
  const chars = room * CHARS_A_TOKEN;
  const near = which === 'first' ? text.slice(0, chars) : text.slice(-chars);
  const lines = near.split(/(?<=\n)/);
  if (which === 'last') lines.reverse();
  const taken: string[] = [];
  let tokens = 0;
  for (const line of lines) {
    const size = tokenizer.encode(line).length;
    if (tokens + size > room) break;
    tokens += size;
    taken.push(line);
  }
  if (which === 'last') taken.reverse();
  return { text: taken.join(''), tokens };
}
