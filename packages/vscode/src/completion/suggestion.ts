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
  // On a line that is empty so far the model may begin one more.
  const whole = indent === undefined ? plain : plain.replace(/^(?:[ \t]*\n)+/, '');
  const [first = ''] = whole.split('\n', 1);
  const shown = (multiline ? whole : first).trimEnd();
  if (shown.trim() === '') return null;
  // Where the line is empty but for its indentation, the model may write the indentation again.
  return indent !== undefined && indent !== '' && shown.startsWith(indent)
    ? shown.slice(indent.length)
    : shown;
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
