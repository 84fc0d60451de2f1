import type { Command } from 'commander';
import { CHUNK_KINDS, type ChunkKind } from '../../codebase/chunk/chunk.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { SearchFilters } from '../../retrieval/search/filters.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { openReadyIndex, openSearch } from '../steps/open-search.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import { describeFreshness } from '../views/describe-freshness.js';

const DEFAULT_RESULTS = 8;
const DEFAULT_LINES = 100;
const COLUMNS = 100;

interface SearchOptions {
  project?: string;
  k?: string;
  language?: string[];
  kind?: string[];
  path?: string;
  files?: boolean;
  why?: boolean;
  text?: boolean;
  regex?: boolean;
  ignoreCase?: boolean;
  word?: boolean;
}

export function defineSearch(program: Command): void {
  program
    .command('search')
    .summary('find code by what it does, by its names, or by its text')
    .argument('<query>', 'words or names: "retry with backoff", "parseConfig"')
    .option('-p, --project <project>', 'name, id or path (default: that of this folder, else the active one)')
    .option('-k <number>', `how many results (default: ${DEFAULT_RESULTS}; lines of text: ${DEFAULT_LINES})`)
    .option('--files', 'one line a file')
    .option('--why', 'why each was found: name, path, words, meaning')
    .option('--text', 'lines that hold exactly this text')
    .option('--regex', "lines that match this regular expression (RE2's syntax)")
    .option('-i, --ignore-case', 'with --text or --regex: capitals or not')
    .option('-w, --word', 'with --text or --regex: whole words only')
    .option('--language <language...>', 'only these languages: typescript python …')
    .option('--kind <kind...>', `only these kinds of symbol: ${CHUNK_KINDS.join(' ')}`)
    .option('--path <pattern>', 'only paths that match, e.g. "src/**"')
    .description(
      'Find code by what it does or by its names. Meaning (embeddings), words (BM25 over identifiers split at camelCase ' +
        'and snake_case), and the names of declarations, files and folders are searched together; the first results name ' +
        'many files. With --text or --regex: every line that holds it, from the index, secrets masked.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener search "where is the retry with backoff"
  $ gardener search "how are connections pooled" --files --why
  $ gardener search parseConfig -k 3
  $ gardener search "open a lock file" --language typescript --path "src/**"
  $ gardener search "parse a token" --kind method function
  $ gardener search "TODO(" --text
  $ gardener search "throw new \\w+Error" --regex --path "src/**"
  $ gardener search "http client" --json | jq '.[].chunk.path'`,
    )
    .action(withSession(search));
}

async function search(session: Session, options: SearchOptions, query: string): Promise<void> {
  if (options.text || options.regex) return searchText(session, options, query);
  const k = parseWholeNumber(options.k ?? String(DEFAULT_RESULTS), '-k', 1, 100);
  const project = await chooseProject(session, options.project);
  const { index, embedder } = await openSearch(session, project);
  const { maxFileBytes, allowedSecrets } = session.garden.settings;
  const [results, freshness] = await Promise.all([
    index.search(query, embedder, { k, ...filtersOf(options) }),
    index.freshness(project.path, { maxFileBytes, allowedSecrets }).catch(() => null),
  ]);
  const { output } = session;
  output.value(results.map((result) => ({ ...result, index: freshness })));
  if (results.length === 0) output.line('Nothing found.');
  const { renderResults } = await import('../views/search-view.js');
  output.lines(
    renderResults(results, {
      ...{ query, palette: output.palette, columns: output.stdout.columns ?? COLUMNS },
      ...{ files: options.files ?? false, why: options.why ?? false },
    }),
  );
  const age = freshness === null ? '' : describeFreshness(freshness);
  if (age !== '') output.lines(['', output.palette.quiet(age)]);
}

async function searchText(session: Session, options: SearchOptions, pattern: string): Promise<void> {
  const k = parseWholeNumber(options.k ?? String(DEFAULT_LINES), '-k', 1, 1_000);
  const project = await chooseProject(session, options.project);
  const { index } = await openReadyIndex(session, project);
  const { regex = false, ignoreCase = false, word = false } = options;
  const found = await index.lines({ pattern, k, regex, ignoreCase, wholeWord: word, ...filtersOf(options) });
  const { output } = session;
  output.value(found);
  if (found.lines.length === 0) return output.line('Nothing found.');
  const { renderLines } = await import('../views/search-view.js');
  output.lines(
    renderLines(found, {
      ...{ palette: output.palette, columns: output.stdout.columns ?? COLUMNS },
      files: options.files ?? false,
    }),
  );
}

function filtersOf({ language, kind, path }: SearchOptions): SearchFilters {
  return { languages: language, kinds: kind?.map(chunkKindOf), pathGlob: path };
}

function chunkKindOf(text: string): ChunkKind {
  const kind = CHUNK_KINDS.find((known) => known === text.toLowerCase());
  if (kind !== undefined) return kind;
  throw new GardenerError(
    'cli.unknown-kind',
    `There is no kind of symbol ${JSON.stringify(text.slice(0, 60))}.`,
    {
      remedy: `Use one of: ${CHUNK_KINDS.join(', ')}.`,
    },
  );
}
