import type { Place } from './place.js';

/**
 * A completion as it is shown, null for nothing: the server has cut it to what belongs at the place. Pure.
 * @param multiline whether it may have several lines at all
 */
export function suggestionOf(
  text: string,
  { prefix }: Pick<Place, 'prefix'>,
  multiline: boolean,
): string | null {
  const indent = /(?:^|\n)([ \t]*)$/.exec(prefix)?.[1];
  const plain = text.replaceAll('\r\n', '\n');
  const whole = indent === undefined ? plain : onThisLine(plain, indent);
  const [first = ''] = whole.split('\n', 1);
  const shown = (multiline ? whole : first).trimEnd();
  return shown.trim() === '' ? null : shown;
}

/**
 * A text for a line that is empty but for its indentation. It goes on right behind that, so its own white space counts;
 * only where the model has begun a line below does that line bring its whole indentation, which is not repeated. Code
 * that stands less deep there is left below, since here it would stand deeper than it was written.
 */
function onThisLine(text: string, indent: string): string {
  const below = text.replace(/^(?:[ \t]*\n)+/, '');
  return below !== text && below.startsWith(indent) ? below.slice(indent.length) : text;
}

/** A suggestion that was shown. */
export interface Shown {
  /** Of which document. */
  document: string;
  place: Place;
  texts: readonly string[];
}

/**
 * What is left of suggestions when a part of them has been typed or taken since; empty when they do not fit any more.
 * Pure.
 */
export function restOf(shown: Shown | null, document: string, { prefix, suffix }: Place): string[] {
  if (shown === null || shown.document !== document || shown.place.suffix !== suffix) return [];
  // The text before is cut at its start, so its end is what is compared.
  const before = shown.place.prefix;
  const from = prefix.startsWith(before) ? before.length : -1;
  if (from < 0) return [];
  const typed = prefix.slice(from);
  return shown.texts.flatMap((text) =>
    text.startsWith(typed) && text.length > typed.length ? [text.slice(typed.length)] : [],
  );
}
