import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CompleteCodeEvent } from '../../chat/completion/code-request.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { type Session, withSession } from '../session/session.js';
import { projectAround } from '../steps/choose-project.js';
import { openProject } from '../steps/open-answers.js';
import { parseStrength, parseWholeNumber } from '../steps/parse-options.js';
import { plainText } from '../terminal/plain-text.js';

interface CompleteOptions {
  project?: string;
  column?: string;
  maxTokens: string;
  withoutAdapter?: boolean;
  strength?: string;
  withRetrieval?: boolean;
  withoutRetrieval?: boolean;
}

const DEFAULT_TOKENS = '64';

export function defineComplete(program: Command): void {
  program
    .command('complete')
    .summary('complete code at a line of a file')
    .argument('<file:line>', 'a file of a project, and the line to write at')
    .option('-p, --project <project>', 'name, id or path (default: the project that the file is in)')
    .option('--column <number>', 'write at this column of the line (default: its start)')
    .option('--max-tokens <number>', 'how much to write at most', DEFAULT_TOKENS)
    .option('--without-adapter', 'let the base model write, to compare')
    .option('--strength <number>', 'how strong the adapter is, 0 to 1.5 (default: what its training chose)')
    .addOption(
      new Option(
        '--with-retrieval',
        'look up related code of the project (default: what fitted its validation files best)',
      ).conflicts('withoutRetrieval'),
    )
    .option('--without-retrieval', 'do not look up related code of the project')
    .description(
      "Complete code at a line: the model goes on where the line above ends, with the project's adapter and related code " +
        'in front; where gardener status says that one of them does harm on this codebase, without it. A base model ' +
        'with fill-in-the-middle tokens sees what follows, too. Prints the completion and nothing else, line by line ' +
        'as soon as a line is certain to stay; no file is changed.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener complete src/cart.ts:42
  $ gardener complete src/cart.ts:42 --column 17 --max-tokens 24
  $ gardener complete src/cart.ts:42 --json | jq -r .completion`,
    )
    .action(withSession(complete));
}

async function complete(session: Session, options: CompleteOptions, place: string): Promise<void> {
  const { garden, output, signal } = session;
  const maxTokens = parseWholeNumber(options.maxTokens, '--max-tokens', 1, 2_048);
  const column =
    options.column === undefined ? 1 : parseWholeNumber(options.column, '--column', 1, 1_000_000);
  const strength = parseStrength(options.strength);
  const { file, line } = await parsePlace(place);
  const project = await projectOf(garden, file, options.project);
  const { assistant } = await openProject(session, project);
  const { completeAt } = await import('../../chat/completion/complete-at.js');
  const { CodeCompleter } = await import('../../chat/completion/code-completer.js');
  let text = '';
  let end: Extract<CompleteCodeEvent, { type: 'end' }> | null = null;
  for await (const event of completeAt(garden, new CodeCompleter(assistant, garden), project, {
    file,
    line,
    column,
    maxTokens,
    ...retrievalWish(options),
    adapter: options.withoutAdapter ? 'base' : 'promoted',
    ...strength,
    stream: true,
    signal,
  })) {
    if (event.type === 'end') end = event;
    else {
      text += event.text;
      output.text(plainText(event.text));
    }
  }
  if (!text.endsWith('\n')) output.text('\n');
  output.value({
    project: { id: project.id, name: project.name },
    completion: text,
    adapter: end?.adapter.version ?? null,
    adapterStrength: end?.adapter.strength ?? null,
    adapterReason: end?.adapter.reason,
    fillInTheMiddle: end?.fillInTheMiddle,
    sources: end?.sources,
    end: end?.reason,
    promptTokens: end?.promptTokens,
    completionTokens: end?.completionTokens,
  });
}

/** Nothing where neither was asked for: the project's own choice. */
function retrievalWish({ withRetrieval, withoutRetrieval }: CompleteOptions): { retrieval?: boolean } {
  if (withoutRetrieval) return { retrieval: false };
  return withRetrieval ? { retrieval: true } : {};
}

/** `src/a.ts:12` as an absolute path and a line. */
async function parsePlace(place: string): Promise<{ file: string; line: number }> {
  const [, name, line] = /^(.+):(\d{1,9})$/.exec(place) ?? [];
  if (name === undefined || Number(line) < 1) {
    throw new GardenerError('cli.bad-place', `"${place}" names no place in a file.`, {
      remedy: 'Give a file and a line, such as src/cart.ts:42.',
    });
  }
  const file = await realpath(name).catch(() => resolve(name));
  return { file, line: Number(line) };
}

/** The project named, else the innermost one that the file is in. */
async function projectOf(garden: Garden, file: string, named?: string): Promise<ProjectRecord> {
  if (named !== undefined) return garden.registry.get(named);
  const holding = projectAround(await garden.registry.list(), file);
  if (holding !== null) return holding;
  throw new GardenerError('cli.no-project', `${file} is in no project.`, {
    remedy: 'Add its codebase first: gardener add <path>.',
  });
}
