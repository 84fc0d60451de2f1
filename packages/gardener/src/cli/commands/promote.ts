import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { printStatus } from '../views/print-status.js';

export function definePromote(program: Command): void {
  program
    .command('promote')
    .summary('choose by hand which model answers, or roll back')
    .argument('<project>', 'name, id or path')
    .argument('[version]', 'number of an adapter, or "base" (default: the newest adapter)')
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

An adapter brings the base that it was trained on with it.

The gate decides by itself after every training; this overrides it. See the figures first: gardener evaluate shop`,
    )
    .action(withSession(promote));
}

async function promote(session: Session, _options: object, named: string, version?: string): Promise<void> {
  const { garden, output } = session;
  const { promoteAdapter } = await import('../../projects/promote-adapter.js');
  const { readAdapterChoice } = await import('../../projects/which-adapter.js');
  const project = await garden.registry.get(named);
  const wanted = await readAdapterChoice(garden.paths, project, version);
  const { baseModel } = await promoteAdapter(garden, project, wanted);
  const on = baseModel === project.baseModel ? '' : ` on ${oneLine(baseModel)}`;
  const answering = wanted === null ? 'the base model alone answers' : `adapter ${wanted}${on} answers`;
  output.line(`${oneLine(project.name)}: ${answering} from now on.`);
  await printStatus(session, project, { onlyJson: true });
}
