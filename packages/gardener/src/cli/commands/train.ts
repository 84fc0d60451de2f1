import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { fetchProjectModels } from '../steps/fetch-models.js';
import { parseDuration } from '../steps/parse-duration.js';
import { startRun } from '../steps/start-run.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration } from '../terminal/quantities.js';

export function defineTrain(program: Command): void {
  program
    .command('train')
    .summary('train a new LoRA adapter')
    .argument('[project]', 'name, id or path (default: the active project)')
    .option('--budget <time>', 'time for training and evaluation together: 90s, 5m, 20m, 1h')
    .option('--wait', 'stay until it is done, showing progress')
    .description(
      'Train a new LoRA adapter on a project, in the background. The index is brought up to date first. When training ' +
        'ends, the adapter is measured on held-out files and promoted only if it is better than the base model.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener train
  $ gardener train shop --budget 10m --wait

While it runs: gardener status, pause, resume, cancel. After a crash or a reboot it goes on from its last checkpoint.`,
    )
    .action(withSession(train));
}

async function train(
  session: Session,
  options: { budget?: string; wait?: boolean },
  named?: string,
): Promise<void> {
  const { garden } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const project = await chooseProject(garden, named);
  await fetchProjectModels(session, project.baseModel);
  const name = oneLine(project.name);
  await startRun(session, project, 'train', {
    wait: options.wait === true,
    runOptions: { budgetMs },
    announce: [
      `Training ${name} in the background for at most ${formatDuration(budgetMs)}.`,
      `How far it is: gardener status ${name}`,
    ],
  });
}
