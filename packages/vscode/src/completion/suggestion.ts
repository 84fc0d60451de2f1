import type { Place } from './place.js';

/**
 * What of a completion is worth showing: one line where something stands after the place, otherwise whole lines until
 * they repeat what follows; null for nothing. Pure.
 * @param text as the model wrote it
 * @param multiline whether it may have several lines at all
 */
export function suggestionOf(text: string, { prefix, suffix }: Place, multiline: boolean): string | null {
  const [rest = ''] = suffix.split('\n', 1);
  const indent = /(?:^|\n)([ \t]*)$/.exec(prefix)?.[1];
  const plain = text.replaceAll('\r\n', '\n');
  // On a line that is empty so far the model may begin one more.
  const lines = (indent === undefined ? plain : plain.replace(/^(?:[ \t]*\n)+/, '')).split('\n');
  // What follows on the line would be pushed below the suggestion; closing brackets and quotes may be.
  const isOneLine = !multiline || /[^\s)\]}>'"`;,]/.test(rest);
  const kept = isOneLine ? withoutRest(lines[0] ?? '', rest) : beforeRepetition(lines, suffix).join('\n');
  const shown = kept.replace(/\s+$/, '');
  if (shown.trim() === '') return null;
  // Where the line is empty but for its indentation, the model may write the indentation again.
  return indent !== undefined && indent !== '' && shown.startsWith(indent)
    ? shown.slice(indent.length)
    : shown;
}

/** Without what stands after the place already: `slugify(title` before `)` is not suggested with its `)`. */
function withoutRest(line: string, rest: string): string {
  const end = rest.trim();
  const trimmed = line.trimEnd();
  return end !== '' && trimmed.endsWith(end) ? trimmed.slice(0, -end.length) : line;
}

/** The lines up to the one with which the text below begins. */
function beforeRepetition(lines: readonly string[], suffix: string): readonly string[] {
  const [rest = '', ...below] = suffix.split('\n');
  const next = [rest, ...below].map((line) => line.trim()).find((line) => line !== '');
  if (next === undefined) return lines;
  const at = lines.findIndex((line, i) => line.trim() === next && (i > 0 || rest.trim() === ''));
  // A bracket alone closes many things: only one at the very end is the one below.
  const isBracket = /^[)\]}>;,]+$/.test(next);
  if (at < 0 || (isBracket && lines.slice(at + 1).some((line) => line.trim() !== ''))) return lines;
  return lines.slice(0, at);
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
