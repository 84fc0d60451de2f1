import { GardenerError } from '../../garden/errors/garden-error.js';
import type { LanguageId } from '../languages/language.js';
import { findLanguage, LANGUAGES } from '../languages/languages.js';
import type { ParseResult } from '../parse/structure/code-structure.js';
import type { ChunkedSource, ParseJob } from './parse-job.js';
import { ParserProcess } from './parser-process.js';

export interface ParseOptions {
  /** Ends a parse that takes longer; loading the grammar does not count. Default 10,000. */
  timeoutMs?: number;
}

// The slowest grammar parses a mebibyte in about three seconds on an idle core: a parse
// that takes this long never ends.
const DEFAULT_TIMEOUT_MS = 10_000;

let parser: ParserProcess | null = null;

/**
 * Parses one source text in the parser's process. Syntax errors are no failure: the code around them is read, and
 * `hasSyntaxErrors` is set. Grammars are loaded when first needed.
 * @param language an id of the language table
 * @throws GardenerError `codebase.unknown-language`, `codebase.parse-timeout`, `codebase.parse-failed`,
 * `codebase.grammar-missing`.
 */
export async function parseSource(
  language: LanguageId,
  text: string,
  options: ParseOptions = {},
): Promise<ParseResult> {
  return (await run({ kind: 'parse', language, text }, options)) as ParseResult;
}

/**
 * Parses and chunks one source text in the parser's process.
 * @param path relative to the project root, forward slashes
 * @throws GardenerError as `parseSource`
 */
export async function chunkSource(
  path: string,
  language: LanguageId,
  text: string,
  options: ParseOptions = {},
): Promise<ChunkedSource> {
  return (await run({ kind: 'chunk', path, language, text }, options)) as ChunkedSource;
}

async function run(job: ParseJob, options: ParseOptions): Promise<ParseResult | ChunkedSource> {
  if (findLanguage(job.language) === null) throw unknownLanguage(job.language);
  parser ??= new ParserProcess();
  return parser.run(job, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

function unknownLanguage(language: LanguageId): GardenerError {
  return new GardenerError('codebase.unknown-language', `There is no language ${JSON.stringify(language)}.`, {
    remedy: `use one of: ${LANGUAGES.map((entry) => entry.id).join(', ')}`,
  });
}
