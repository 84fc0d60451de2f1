import type { LanguageId } from '../languages/language.js';
import { findLanguage } from '../languages/languages.js';
import { prepareReader } from './read-tree.js';
import type { ParseResult } from './structure/code-structure.js';

/** The structure of a source text, parsed in this process. */
export async function parseSource(language: LanguageId, text: string): Promise<ParseResult> {
  const known = findLanguage(language);
  if (known === null) throw new Error(`there is no language ${language}`);
  return (await prepareReader(known))(text);
}
