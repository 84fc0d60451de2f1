import type { Command } from 'commander';
import type { EngineName, PlaceName } from '../../garden/settings/settings.js';
import { type Session, withSession } from '../session/session.js';
import { chooseEngine, engineOption } from '../steps/choose-engine.js';
import { choosePlace, placeOption } from '../steps/choose-place.js';
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
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option('--budget <time>', 'time for training and evaluation together: 90s, 5m, 20m, 1h')
    .option(
      '--base <model>',
      'train on another base, beside the adapters there are (see gardener add --help)',
    )
    .addOption(engineOption())
    .addOption(placeOption())
    .option('--wait', 'stay until it is done, showing progress')
    .description(
      'Train a new LoRA adapter on a project, in the background. The index is brought up to date first. When training ' +
        'ends, the adapter is measured on held-out files and promoted only if it is better than the base model. With another base the project answers with that base ' +
        'once its adapter is promoted; gardener promote <project> <older adapter> switches back.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener train
  $ gardener train shop --budget 10m --wait
  $ gardener train shop --base qwen2.5-coder-0.5b-instruct
  $ gardener train shop --engine peft         after gardener doctor --install peft
  $ gardener train shop --place ray           as a job of the cluster at the setting rayAddress

While it runs: gardener status, pause, resume, cancel. After a crash or a reboot it goes on from its last checkpoint.`,
    )
    .action(withSession(train));
}

async function train(
  session: Session,
  options: { base?: string; budget?: string; engine?: EngineName; place?: PlaceName; wait?: boolean },
  named?: string,
): Promise<void> {
  const { garden } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const engine = await chooseEngine(session, options.engine);
  const place = await choosePlace(session, options.place);
  const project = await chooseProject(session, named);
  const { requireBase, requireTrainable } = await import('../../models/store/require-trainable.js');
  const baseModel = requireBase(options.base ?? project.baseModel);
  await fetchProjectModels(session, baseModel);
  await requireTrainable(garden.paths, baseModel);
  const name = oneLine(project.name);
  await startRun(session, project, 'train', {
    wait: options.wait === true,
    runOptions: { budgetMs, baseModel, engine, place },
    announce: [
      `Training ${name} on ${oneLine(baseModel)} in the background for at most ${formatDuration(budgetMs)}.`,
      `How far it is: gardener status ${name}`,
    ],
  });
}
