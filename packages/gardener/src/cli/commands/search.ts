import type { Command } from 'commander';
import { CHUNK_KINDS, type ChunkKind } from '../../codebase/chunk/chunk.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { openSearch } from '../steps/open-search.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine, plainText, truncate } from '../terminal/plain-text.js';
import { describeFreshness } from '../views/describe-freshness.js';

const SNIPPET_LINES = 4;
const DEFAULT_RESULTS = '8';

interface SearchOptions {
  project?: string;
  k: string;
  language?: string[];
  kind?: string[];
  path?: string;
}

export function defineSearch(program: Command): void {
  program
    .command('search')
    .summary('find code by what it does or by its names')
    .argument('<query>', 'words or names: "retry with backoff", "parseConfig"')
    .option('-p, --project <project>', 'name, id or path (default: the active project)')
    .option('-k <number>', 'how many results', DEFAULT_RESULTS)
    .option('--language <language...>', 'only these languages: typescript python …')
    .option('--kind <kind...>', `only these kinds of symbol: ${CHUNK_KINDS.join(' ')}`)
    .option('--path <pattern>', 'only paths that match, e.g. "src/**"')
    .description(
      'Find code by what it does or by its names. Meaning (embeddings) and words (BM25 over identifiers split at ' +
        'camelCase and snake_case) are searched together and fused into one ranking.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener search "where is the retry with backoff"
  $ gardener search parseConfig -k 3
  $ gardener search "open a lock file" --language typescript --path "src/**"
  $ gardener search "parse a token" --kind method function
  $ gardener search "http client" --json | jq '.[].chunk.path'`,
    )
    .action(withSession(search));
}

async function search(session: Session, options: SearchOptions, query: string): Promise<void> {
  const k = parseWholeNumber(options.k, '-k', 1, 100);
  const project = await chooseProject(session.garden, options.project);
  const { index, embedder } = await openSearch(session, project);
  const { maxFileBytes } = session.garden.settings;
  const [results, freshness] = await Promise.all([
    index.search(query, embedder, {
      k,
      ...(options.language === undefined ? {} : { languages: options.language }),
      ...(options.kind === undefined ? {} : { kinds: options.kind.map(chunkKindOf) }),
      ...(options.path === undefined ? {} : { pathGlob: options.path }),
    }),
    index.freshness(project.path, { maxFileBytes }).catch(() => null),
  ]);
  const { output } = session;
  output.value(results.map((result) => ({ ...result, index: freshness })));
  if (results.length === 0) output.line('Nothing found.');
  results.forEach((result, rank) => {
    if (rank > 0) output.line();
    output.lines(renderResult(result, rank + 1, output.palette, output.stdout.columns ?? 100));
  });
  const age = freshness === null ? '' : describeFreshness(freshness);
  if (age !== '') output.lines(['', output.palette.quiet(age)]);
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

function renderResult({ chunk }: SearchResult, rank: number, palette: Palette, columns: number): string[] {
  const { accent, quiet, strong } = palette;
  const place = accent(`${oneLine(chunk.path)}:${chunk.startLine}-${chunk.endLine}`);
  const symbol =
    chunk.symbol === null ? quiet(chunk.kind) : `${strong(oneLine(chunk.symbol))} ${quiet(chunk.kind)}`;
  const snippet = plainText(chunk.text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, SNIPPET_LINES)
    .map((line) => quiet(truncate(`    ${line.replaceAll('\t', '  ')}`, Math.max(40, columns - 1))));
  return [`${String(rank).padStart(2)}  ${place}  ${symbol}`, ...snippet];
}
