import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { oneLine } from '../terminal/plain-text.js';
import { printStatus } from '../views/print-status.js';

export function defineResume(program: Command): void {
  program
    .command('resume')
    .summary('let paused work go on')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .description('Let the paused background work of a project go on from where it stopped.')
    .addHelpText(
      'after',
      `
Examples:
  $ gardener resume
  $ gardener resume shop`,
    )
    .action(withSession(resume));
}

async function resume(session: Session, _options: object, named?: string): Promise<void> {
  const { controlRun } = await import('../../projects/control-run.js');
  const project = await chooseProject(session, named);
  const name = oneLine(project.name);
  const outcome = await controlRun(session.garden.paths, project, 'resume', session.signal);
  const sentences = {
    done: `${name} goes on. How far it is:`,
    ended: `The work on ${name} has ended meanwhile. What came of it:`,
    later: `${name} goes on as soon as the background runner takes it up. How far it is:`,
  };
  session.output.line(`${sentences[outcome]} gardener status ${name}`);
  await printStatus(session, project, { onlyJson: true });
}
