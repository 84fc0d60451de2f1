import type { Command } from 'commander';
import { chooseProject } from '../choose-project.js';
import { fetchProjectModels } from '../fetch-models.js';
import { type Session, withSession } from '../session.js';
import { startRun } from '../start-run.js';
import { oneLine } from '../terminal/plain-text.js';

export function defineRefresh(program: Command): void {
  program
    .command('refresh')
    .summary('bring the index up to date')
    .argument('[project]', 'name, id or path (default: the active project)')
    .option('--wait', 'stay until it is done, showing progress')
    .description(
      'Bring the index of a project up to date: only files that changed are read and embedded again. The adapter stays ' +
        'as it is; gardener train makes a new one.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener refresh
  $ gardener refresh shop --wait`,
    )
    .action(withSession(refresh));
}

async function refresh(session: Session, options: { wait?: boolean }, named?: string): Promise<void> {
  const project = await chooseProject(session.garden, named);
  const { checkRoot } = await import('../../codebase/check-root.js');
  await checkRoot(project.path);
  await fetchProjectModels(session, project.baseModel);
  const name = oneLine(project.name);
  await startRun(session, project, 'index', {
    wait: options.wait === true,
    runOptions: {},
    announce: [
      `Refreshing the index of ${name} in the background.`,
      `How far it is: gardener status ${name}`,
    ],
  });
}
