import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { fetchProjectModels } from '../steps/fetch-models.js';
import { oneLine } from '../terminal/plain-text.js';
import { printStatus } from '../views/print-status.js';

export function definePromote(program: Command): void {
  program
    .command('promote')
    .summary('choose by hand which model answers, or roll back')
    .argument('<project>', 'name, id or path')
    .argument('[version]', 'number of an adapter, or "base" (default: the newest adapter)')
    .option('--base <model>', 'with "base": answer with this base from now on, without an adapter')
    .description(
      'Choose by hand which model answers for a project: one of its adapters, or the base model alone. It is also the ' +
        'way to roll back.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener promote shop 2          adapter 2 answers from now on
  $ gardener promote shop base       the base model alone answers
  $ gardener promote shop base --base qwen2.5-coder-0.5b-instruct
                                     another base answers; what was trained on the old one stays

An adapter brings the base that it was trained on with it.

The gate decides by itself after every training; this overrides it. See the figures first: gardener evaluate shop`,
    )
    .action(withSession(promote));
}

async function promote(
  session: Session,
  options: { base?: string },
  named: string,
  version?: string,
): Promise<void> {
  const { garden, output } = session;
  const { promoteAdapter } = await import('../../projects/promote-adapter.js');
  const { readAdapterChoice } = await import('../../projects/which-adapter.js');
  const project = await garden.registry.get(named);
  // A base alone needs no adapter to choose.
  const choice = version ?? (options.base === undefined ? undefined : 'base');
  const wanted = await readAdapterChoice(garden.paths, project, choice);
  const base = await baseToAnswer(session, options.base, wanted);
  const { baseModel } = await promoteAdapter(garden, project, wanted, base);
  const on = baseModel === project.baseModel ? '' : ` on ${oneLine(baseModel)}`;
  const alone = on === '' ? 'the base model alone' : `${oneLine(baseModel)} without an adapter`;
  const answering = wanted === null ? `${alone} answers` : `adapter ${wanted}${on} answers`;
  output.line(`${oneLine(project.name)}: ${answering} from now on.`);
  await printStatus(session, project, { onlyJson: true });
}

/** The base of `--base`, fetched where it is not on this machine; an adapter beside it is refused by who promotes. */
async function baseToAnswer(
  session: Session,
  base: string | undefined,
  version: number | null,
): Promise<string | undefined> {
  if (base === undefined || version !== null) return base;
  const { requireBase } = await import('../../models/store/require-trainable.js');
  const id = requireBase(base);
  await fetchProjectModels(session, id);
  return id;
}
