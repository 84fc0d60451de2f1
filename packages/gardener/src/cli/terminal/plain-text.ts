import { stripVTControlCharacters } from 'node:util';

// C0 and C1 control characters except tab and newline, and the marks that reverse the reading direction: a file name or
// a model's answer must not be able to move the cursor, set the window title or disguise a path.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** `text` with escape sequences and control characters removed; newlines and tabs stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROLS, '');
}

/** `text` on one line: control characters removed, every run of white space one space. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** Columns that `text` takes on a terminal, escape sequences not counted. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return width;
}

/**
 * `text` cut to `columns` columns; where something was cut, the last column is an ellipsis
 * and escape sequences are gone.
 */
export function truncate(text: string, columns: number): string {
  if (visibleWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const character of stripVTControlCharacters(text)) {
    width += visibleWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

// East Asian wide blocks and emoji: enough for file names and labels; a wrong guess costs one column of alignment.
function isWide(codePoint: number): boolean {
  return (
    (codePoint >= 0x1100 && codePoint <= 0x115f) ||
    (codePoint >= 0x2e80 && codePoint <= 0xa4cf) ||
    (codePoint >= 0xac00 && codePoint <= 0xd7a3) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0xfe30 && codePoint <= 0xfe6f) ||
    (codePoint >= 0xff00 && codePoint <= 0xff60) ||
    (codePoint >= 0x1f300 && codePoint <= 0x1faff)
  );
}
