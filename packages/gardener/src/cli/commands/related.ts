import type { Command } from 'commander';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { openReadyIndex } from '../steps/open-search.js';
import { parseWholeNumber } from '../steps/parse-options.js';

interface RelatedOptions {
  project?: string;
  k: string;
}

interface SymbolOptions extends RelatedOptions {
  file?: string;
}

/** `related` and `symbol`: what belongs to a place or a name of the code. */
export function defineRelated(program: Command): void {
  program
    .command('related')
    .summary('what a place in the code uses, what uses it, and what is like it')
    .argument('<place>', 'file and line, as a search shows them: src/main.ts:12')
    .option('-p, --project <project>', 'name, id or path (default: that of this folder, else the active one)')
    .option('-k <number>', 'how many of each', '8')
    .description(
      'What belongs to a line of a file: the declarations that it calls or uses, those that call or use it (from matching ' +
        'names, so likely and not certain), the files that import it, and code that says much the same.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener related src/http/retry.ts:40
  $ gardener related src/http/retry.ts:40 --json | jq -r '.usedBy[] | "\\(.path):\\(.startLine)"'`,
    )
    .action(withSession(related));
  program
    .command('symbol')
    .summary('where a name is declared and every line that uses it')
    .argument('<name>', 'parseConfig, Registry.add, operator==')
    .option('-p, --project <project>', 'name, id or path (default: that of this folder, else the active one)')
    .option('-k <number>', 'how many references', '50')
    .option('--file <path>', 'only declarations of this file')
    .description(
      'Definition and references of a symbol: its declarations with what they use, and the lines that name it.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener symbol parseConfig
  $ gardener symbol Registry.add -k 200
  $ gardener symbol parseConfig --json | jq -r '.references[] | "\\(.path):\\(.line)"'`,
    )
    .action(withSession(symbol));
}

async function related(session: Session, options: RelatedOptions, place: string): Promise<void> {
  const k = parseWholeNumber(options.k, '-k', 1, 50);
  const parsed = parsePlace(place);
  const project = await chooseProject(session, options.project);
  const { index } = await openReadyIndex(session, project);
  const found = await index.related(parsed, k);
  const { output } = session;
  output.value(found);
  const { renderRelated } = await import('../views/related-view.js');
  output.lines(renderRelated(found, output.palette));
}

async function symbol(session: Session, options: SymbolOptions, name: string): Promise<void> {
  const references = parseWholeNumber(options.k, '-k', 1, 1_000);
  const project = await chooseProject(session, options.project);
  const { index } = await openReadyIndex(session, project);
  const found = await index.symbol({
    ...{ name, references },
    ...(options.file === undefined ? {} : { path: options.file }),
  });
  const { output } = session;
  output.value(found);
  const { renderSymbol } = await import('../views/related-view.js');
  output.lines(renderSymbol(found, output.palette, output.stdout.columns ?? 100));
}

/** `src/main.ts:12`, also `src/main.ts:12-20` and `src/main.ts:12:5` as tools print them. */
function parsePlace(text: string): { path: string; line: number } {
  const [, path, line] = /^(.+?):(\d{1,9})(?:[-:]\d+)?$/.exec(text.trim()) ?? [];
  if (path !== undefined && line !== undefined)
    return { path: path.replaceAll('\\', '/').replace(/^\.\//, ''), line: Number(line) };
  throw new GardenerError(
    'cli.bad-place',
    `${JSON.stringify(text.slice(0, 200))} is not a file and a line.`,
    {
      remedy: 'Give both, as a search shows them: src/main.ts:12.',
    },
  );
}
