import type { LanguageId } from '../codebase/chunk-types.js';

/** How a one-line comment is written. Languages not listed take `//`, the commonest. */
const COMMENT: Readonly<Record<LanguageId, readonly [open: string, close: string]>> = {
  python: ['# ', ''],
  ruby: ['# ', ''],
  bash: ['# ', ''],
  yaml: ['# ', ''],
  toml: ['# ', ''],
  html: ['<!-- ', ' -->'],
  markdown: ['<!-- ', ' -->'],
  css: ['/* ', ' */'],
  sql: ['-- ', ''],
  lua: ['-- ', ''],
};

/**
 * The line that opens every code window and every completion prompt: the file's path as a comment of its language.
 * @returns one line with its line end
 */
export function pathLine(path: string, language: LanguageId): string {
  const [open, close] = COMMENT[language] ?? ['// ', ''];
  return `${open}${path}${close}\n`;
}
