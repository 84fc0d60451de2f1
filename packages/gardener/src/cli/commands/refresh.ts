import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { fetchProjectModels } from '../steps/fetch-models.js';
import { parseDuration } from '../steps/parse-duration.js';
import { showRun } from '../steps/start-run.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration } from '../terminal/quantities.js';

interface RefreshOptions {
  budget?: string;
  train: boolean;
  wait?: boolean;
}

export function defineRefresh(program: Command): void {
  program
    .command('refresh')
    .summary('bring the index, and where much has changed the adapter, up to date')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option('--budget <time>', 'time for training and evaluation, should there be any: 90s, 5m, 20m, 1h')
    .option('--no-train', 'the index only')
    .option('--wait', 'stay until it is done, showing progress')
    .description(
      'Bring a project up to date after its code has changed. Only changed files are read and embedded again. When at least ' +
        '5 % of the code has changed since the promoted adapter was trained, training continues from that adapter, on the ' +
        'changed files and as much of the others; the new one answers only if it is better than the base model and than the ' +
        'adapter it came from. gardener train makes a new adapter from nothing.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener refresh
  $ gardener refresh shop --budget 5m --wait
  $ gardener refresh shop --no-train`,
    )
    .action(withSession(refresh));
}

async function refresh(session: Session, options: RefreshOptions, named?: string): Promise<void> {
  const { garden } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const project = await chooseProject(session, named);
  const { requireCodebase } = await import('../../projects/require-codebase.js');
  await requireCodebase(project);
  await fetchProjectModels(session, project.baseModel);
  const name = oneLine(project.name);
  session.signal.throwIfAborted();
  const { queueRefresh } = await import('../../projects/queue-run.js');
  const run = await queueRefresh(garden, project, { train: options.train, budgetMs });
  const announce =
    run.kind === 'train'
      ? `Refreshing ${name} in the background; if much has changed, training continues for at most ${formatDuration(budgetMs)}.`
      : `Refreshing the index of ${name} in the background.`;
  await showRun(session, project, run, {
    wait: options.wait === true,
    announce: [announce, `How far it is: gardener status ${name}`],
  });
}
