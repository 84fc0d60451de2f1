import type { ErrorCounter } from '../../codebase/parse/syntax-errors.js';
import { cutToSyntax } from './cut-to-syntax.js';
import { isBlank } from './lines.js';
import { type CursorText, mayRepeatAbove, shapeSuggestion } from './shape-suggestion.js';

/**
 * A suggestion while it is written. Tells as soon as it can the lines that nothing written later takes back, so that
 * who reads along reads what the suggestion will be in the end.
 */
export class GrowingSuggestion {
  readonly #cursor: CursorText;
  readonly #count: ErrorCounter | null;
  /** Each line is parsed once, however often the suggestion has grown: one that took too long then stays uncounted. */
  readonly #errors = new Map<string, number | null>();
  #told = '';

  /** @param count without it the suggestion is not cut to what is valid syntax */
  constructor(cursor: CursorText, count: ErrorCounter | null) {
    this.#cursor = cursor;
    this.#count = count;
  }

  /** What is certain by now and was not told before; empty where that is nothing. */
  grow(written: string): string {
    const certain = this.#certain(written);
    const news = certain.slice(this.#told.length);
    this.#told += news;
    return news;
  }

  /** The whole suggestion, of all that the model has written. */
  whole(written: string): string {
    return this.#cut(shapeSuggestion(written, this.#cursor, true).text);
  }

  /** What {@link grow} has not told of {@link whole}. */
  rest(written: string): string {
    return this.whole(written).slice(this.#told.length);
  }

  #certain(written: string): string {
    const { before, after } = this.#cursor;
    // Where text follows in the line, the end of what is written may turn out to be its beginning.
    if (!isBlank(after.split('\n', 1)[0] ?? '')) return '';
    const shaped = shapeSuggestion(written, this.#cursor, false).text;
    if (mayRepeatAbove(shaped, before)) return '';
    const asWritten = written.replaceAll('\r', '').split('\n');
    const lines = shaped.split('\n');
    // A last line has no white space at its end, and is another line where one follows.
    while (lines.length > 0 && lines.at(-1) !== asWritten[lines.length - 1]) lines.pop();
    const text = lines.join('\n').trimEnd();
    // The most lines with the fewest errors: further lines can have fewer, but then these stay in front of them.
    return this.#cut(text);
  }

  #cut(text: string): string {
    return this.#count === null ? text : cutToSyntax(text, this.#cursor, this.#errorsOf);
  }

  readonly #errorsOf: ErrorCounter = (text) => {
    const known = this.#errors.get(text);
    if (known !== undefined) return known;
    const errors = this.#count?.(text) ?? null;
    this.#errors.set(text, errors);
    return errors;
  };
}
