import { GardenerError } from '../../garden/errors/garden-error.js';
import type { LanguageId } from '../languages/language.js';
import { findLanguage, LANGUAGES } from '../languages/languages.js';
import { ParserPool } from './parser-pool.js';
import type { ChunkedSource } from './parser-protocol.js';

export interface ParseOptions {
  /** Ends a parse that takes longer; loading the grammar does not count. Default 10,000. */
  timeoutMs?: number;
}

// The slowest grammar parses a mebibyte in about three seconds on an idle core: a parse
// that takes this long never ends.
const DEFAULT_TIMEOUT_MS = 10_000;

const parsers = new ParserPool();

/**
 * Parses and chunks one source text in one of the parsers' processes. Syntax errors are no failure: the code around
 * them is read, and `hasSyntaxErrors` is set. Grammars are loaded when first needed.
 * @param path relative to the project root, forward slashes
 * @param language an id of the language table
 * @throws GardenerError `codebase.unknown-language`, `codebase.parse-timeout`, `codebase.parse-failed`,
 * `codebase.grammar-missing`.
 */
export async function chunkSource(
  path: string,
  language: LanguageId,
  text: string,
  options: ParseOptions = {},
): Promise<ChunkedSource> {
  if (findLanguage(language) === null) throw unknownLanguage(language);
  return parsers.chunk({ path, language, text }, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

function unknownLanguage(language: string): GardenerError {
  return new GardenerError('codebase.unknown-language', `There is no language ${JSON.stringify(language)}.`, {
    remedy: `use one of: ${LANGUAGES.map((entry) => entry.id).join(', ')}`,
  });
}
