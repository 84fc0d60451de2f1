import type { Command } from 'commander';
import type { EngineName, PlaceName } from '../../garden/settings/settings.js';
import { type Session, withSession } from '../session/session.js';
import { chooseEngine, engineOption } from '../steps/choose-engine.js';
import { choosePlace, placeOption } from '../steps/choose-place.js';
import { fetchModels } from '../steps/fetch-models.js';
import { parseDuration } from '../steps/parse-duration.js';
import { startRun } from '../steps/start-run.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration, plural } from '../terminal/quantities.js';

interface AddOptions {
  name?: string;
  base?: string;
  budget?: string;
  engine?: EngineName;
  place?: PlaceName;
  train: boolean;
  wait?: boolean;
}

export function defineAdd(program: Command): void {
  program
    .command('add')
    .summary('index a codebase, train on it, measure, answer with it')
    .argument('<path>', 'the folder of the codebase')
    .option('--name <name>', "the project's name (default: the folder's name)")
    .option(
      '--base <model>',
      'base model: an id of gardener models list, a GGUF file, or hf:owner/repository/file.gguf',
    )
    .option('--budget <time>', 'time for training and evaluation together: 90s, 5m, 20m, 1h')
    .addOption(engineOption())
    .addOption(placeOption())
    .option('--no-train', 'index only; train later with gardener train')
    .option('--wait', 'stay until it is done, showing progress')
    .description(
      'Add a codebase. It is indexed, a LoRA adapter is trained on it, measured on files held out from training, and ' +
        'used for answers only if it helps. All of that goes on in the background; the command returns at once. The two ' +
        'models are fetched on first use.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener add .                            this codebase, with the default budget of 20 minutes
  $ gardener add ~/code/shop --budget 5m --wait
  $ gardener add ~/code/shop --no-train       search and answers by retrieval only
  $ gardener add . --base qwen2.5-coder-0.5b-instruct
  $ gardener add . --base ~/models/coder.gguf

What Ollama and LM Studio have is used where it lies: gardener models list --local names it.

What git ignores is not read, nor what a .gardenerignore names: the same syntax, in any folder of the codebase, for test
data and generated files that say nothing about the code. Key files, tokens and .env are neither indexed nor trained on.`,
    )
    .action(withSession(add));
}

async function add(session: Session, options: AddOptions, path: string): Promise<void> {
  const { garden, output } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const how = options.train
    ? {
        engine: await chooseEngine(session, options.engine),
        place: await choosePlace(session, options.place),
      }
    : {};
  const { addProject } = await import('../../projects/add-project.js');
  let advice: Promise<string | null> = Promise.resolve(null);
  const progress = output.progress();
  // A large folder takes a while to look through.
  if (output.stderr.isTTY) progress.update({ label: 'looking for files' });
  const { project, files } = await addProject(garden, {
    path,
    name: options.name,
    baseModel: options.base,
    train: options.train,
    signal: session.signal,
    fetchModels: (ids) => {
      progress.finish();
      // By now nothing is refused any more. Advice that cannot be had keeps nobody from adding.
      advice = adviseOnFirst(session, options).catch(() => null);
      return fetchModels(session, ids);
    },
  }).finally(() => progress.finish());
  const advised = await advice;
  if (advised !== null) output.line(output.palette.quiet(advised));
  const name = oneLine(project.name);
  const next = options.train
    ? `Indexing ${plural(files, 'file')}, then training for at most ${formatDuration(budgetMs)}, in the background.`
    : `Indexing ${plural(files, 'file')} in the background; no training.`;
  const { strong, accent } = output.palette;
  await startRun(session, project, options.train ? 'train' : 'index', {
    wait: options.wait === true,
    runOptions: { budgetMs, ...how },
    announce: [
      `Added ${strong(name)} and made it the active project.`,
      next,
      '',
      `  ${accent('gardener status')}             how far it is`,
      `  ${accent('gardener search "…"')}         find code by what it does, as soon as it is indexed`,
      `  ${accent('gardener ask "…"')}            ask about it`,
    ],
  });
}

/**
 * What a better base than the default would bring, in one line: for people, and only where this is the first project
 * and no base was chosen. It is worked out while models are fetched.
 */
async function adviseOnFirst({ garden, output }: Session, { base }: AddOptions): Promise<string | null> {
  if (output.isJson || base !== undefined || (await garden.registry.list()).length > 0) return null;
  const { adviceLine, adviseBase } = await import('../../doctor/base-advice.js');
  const { machineFacts } = await import('../../doctor/machine-facts.js');
  const { modelOnDisk } = await import('../../models/store/model-store.js');
  const advised = adviseBase(await machineFacts());
  if (advised === null) return null;
  const isOnDisk = (await modelOnDisk(garden.paths, advised.id)) !== null;
  return adviceLine(advised, garden.settings.baseModel, isOnDisk);
}
