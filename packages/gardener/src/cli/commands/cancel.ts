import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { oneLine } from '../terminal/plain-text.js';
import { printStatus } from '../views/print-status.js';

export function defineCancel(program: Command): void {
  program
    .command('cancel')
    .summary('stop background work for good')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .description(
      'Stop the background work of a project for good. The index and the adapters it already has stay; the adapter ' +
        'that was being trained is dropped.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener cancel
  $ gardener cancel shop

To stop for a while only: gardener pause`,
    )
    .action(withSession(cancel));
}

async function cancel(session: Session, _options: object, named?: string): Promise<void> {
  const { cancelOpenRun, noRun } = await import('../../projects/control-run.js');
  const project = await chooseProject(session, named);
  const name = oneLine(project.name);
  if (!(await cancelOpenRun(session.garden.paths, project.id))) throw noRun(project);
  session.output.line(`Cancelled the work on ${name}.`);
  await printStatus(session, project, { onlyJson: true });
}
