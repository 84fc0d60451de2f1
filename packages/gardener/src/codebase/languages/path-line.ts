import type { LanguageId } from './language.js';
import { findLanguage } from './languages.js';

/**
 * The line that opens every code window and every completion prompt: the file's path as a comment of its language
 * (`//`, the commonest, for one that is not in the table).
 * @returns one line with its line end
 */
export function pathLine(path: string, language: LanguageId): string {
  return commentLine(path, language);
}

/**
 * A text that has no line ends as a comment of a language, `//` where it is not in the table.
 * @returns one line with its line end
 */
export function commentLine(text: string, language: LanguageId): string {
  const [open, close] = findLanguage(language)?.lineComment ?? ['// ', ''];
  return `${open}${text}${close}\n`;
}
