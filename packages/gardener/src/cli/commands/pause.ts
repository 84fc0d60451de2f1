import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { oneLine } from '../terminal/plain-text.js';
import { printStatus } from '../views/print-status.js';

export function definePause(program: Command): void {
  program
    .command('pause')
    .summary('pause background work')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .description(
      'Pause the background work of a project. It keeps what it has learnt so far and gives the processor back; ' +
        'gardener resume lets it go on from there.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener pause
  $ gardener pause shop`,
    )
    .action(withSession(pause));
}

async function pause(session: Session, _options: object, named?: string): Promise<void> {
  const { controlRun } = await import('../../projects/control-run.js');
  const project = await chooseProject(session, named);
  const name = oneLine(project.name);
  const outcome = await controlRun(session.garden.paths, project, 'pause', session.signal);
  if (outcome === 'ended') {
    session.output.line(`The work on ${name} ended before it could pause.`);
    session.output.line(`What came of it: gardener status ${name}`);
  } else {
    const isDone = outcome === 'done';
    session.output.line(isDone ? `Paused ${name}.` : `${name} pauses as soon as its current step is done.`);
    session.output.line(`Go on with: gardener resume ${name}`);
  }
  await printStatus(session, project, { onlyJson: true });
}
