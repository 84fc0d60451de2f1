import type { Command } from 'commander';
import type { ProjectRecord } from '../../garden/project-record.js';
import { type EngineName, MAX_TRAINING_PARALLEL, type PlaceName } from '../../garden/settings/settings.js';
import type { QueuedFleet } from '../../projects/fleet/train-fleet.js';
import { type Session, withSession } from '../session/session.js';
import { chooseEngine, engineOption } from '../steps/choose-engine.js';
import { choosePlace, placeOption } from '../steps/choose-place.js';
import { fetchModels } from '../steps/fetch-models.js';
import { withBases } from '../steps/fleet/fleet-bases.js';
import { followQueued, printFleet } from '../steps/fleet/fleet-runs.js';
import { parseDuration } from '../steps/parse-duration.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration, plural } from '../terminal/quantities.js';
import { renderAdded } from '../views/fleet-view.js';

const NAMES = 'names, ids or paths of projects';

export function defineFleet(program: Command): void {
  const fleet = program
    .command('fleet')
    .summary('many codebases at once: add, train, refresh, one table')
    .description(
      'Many codebases at once. A fleet is every project of the data directory: a list adds them, one command trains those ' +
        'that need it, a few side by side, and one table says where each stands.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet add repositories.txt       one path a line; or a folder that holds the repositories
  $ gardener fleet train --budget 10m --parallel 2
  $ gardener fleet status
  $ gardener fleet refresh                    every night, from cron or a systemd timer: docs/fleet.md`,
    );
  defineFleetAdd(fleet);
  defineFleetStatus(fleet);
  defineFleetTrain(fleet);
  defineFleetRefresh(fleet);
  defineFleetCancel(fleet);
}

function defineFleetAdd(fleet: Command): void {
  fleet
    .command('add')
    .argument('<file-or-folder>', 'a file with one path a line, or a folder whose sub-folders are meant')
    .option('--base <model>', 'base model of the new projects (see gardener add --help)')
    .description(
      'Add the codebases that a list names. It can be added again after it has grown: what is a project already stays as it is. ' +
        'Says which were added, which are known, and which were refused and why.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet add repositories.txt
  $ gardener fleet add ~/code                 each folder in it that is a repository or has code

A line of the file is a path, absolute or from the file's own folder, and perhaps a name:
  # repositories of the team
  ~/code/shop
  ../billing as invoices                      # since May

Nothing is indexed or trained yet: gardener fleet train does both, gardener fleet refresh indexes alone.`,
    )
    .action(withSession(add));
}

function defineFleetStatus(fleet: Command): void {
  fleet
    .command('status')
    .description(
      'Where every project stands: index, run, adapter, what the gate decided, and bits per byte of held-out code, of the base ' +
        'and of the adapter. Failures follow with their reasons.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet status
  $ gardener fleet status --json | jq -r '.projects[] | select(.verdict == "refused") | .project.name'`,
    )
    .action(withSession((session) => printFleet(session)));
}

function defineFleetTrain(fleet: Command): void {
  fleet
    .command('train')
    .argument(
      '[projects...]',
      `${NAMES} (default: those without an adapter, and those whose training failed)`,
    )
    .option('--all', 'every project, also those that have an adapter')
    .option('--budget <time>', 'time for each training and its evaluation: 90s, 5m, 20m, 1h')
    .addOption(engineOption())
    .addOption(placeOption())
    .option('--parallel <n>', 'trainings side by side (default: the setting trainingParallel)')
    .option('--no-wait', 'return at once; the work goes on in the background')
    .description(
      'Queue a training of every project that needs one, and show how far they are. At most --parallel train at a time; they ' +
        'share the cores, and each begins when the memory for it is free. A training that fails is tried again, twice.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet train
  $ gardener fleet train shop billing --budget 10m
  $ gardener fleet train --parallel 4 --no-wait

Ctrl-C ends the showing; the runs go on in the background. gardener fleet cancel ends them, gardener pause, resume and
cancel are for one project. Ends with 1 when a training has failed for good.`,
    )
    .action(withSession(train));
}

function defineFleetRefresh(fleet: Command): void {
  fleet
    .command('refresh')
    .argument('[projects...]', `${NAMES} (default: all)`)
    .option('--budget <time>', 'time for each training and its evaluation: 90s, 5m, 20m, 1h')
    .option('--no-train', 'the indexes only')
    .option('--parallel <n>', 'runs side by side (default: the setting trainingParallel)')
    .option('--no-wait', 'return at once; the work goes on in the background')
    .description(
      'Bring every project up to date: its index, and where an adapter is promoted and at least 5 % of the code has changed ' +
        'since, its training, as gardener refresh does it. Meant for the night.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet refresh
  $ gardener fleet refresh --no-train
  $ 30 2 * * * gardener fleet refresh --budget 10m      a line of crontab -e; a systemd timer: docs/fleet.md

Ends with 1 when a run has failed for good, so that cron or systemd tells.`,
    )
    .action(withSession(refresh));
}

function defineFleetCancel(fleet: Command): void {
  fleet
    .command('cancel')
    .argument('[projects...]', `${NAMES} (default: all)`)
    .description(
      'End what is under way or waits, for good. Indexes and adapters that are there stay; what was being trained is dropped.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener fleet cancel
  $ gardener fleet cancel shop billing`,
    )
    .action(withSession(cancel));
}

async function add(session: Session, options: { base?: string }, source: string): Promise<void> {
  const { output, garden } = session;
  const { readFleetList } = await import('../../projects/fleet/fleet-list.js');
  const { addFleet } = await import('../../projects/fleet/add-fleet.js');
  const entries = await readFleetList(source);
  const progress = output.progress();
  const outcomes = await addFleet(garden, entries, {
    baseModel: options.base,
    signal: session.signal,
    onProgress: (done, total, path) =>
      progress.update({ label: 'looking for files', done, total, detail: path }),
    fetchModels: (ids) => {
      progress.finish();
      return fetchModels(session, ids);
    },
  }).finally(() => progress.finish());
  output.value(outcomes);
  output.lines(renderAdded(outcomes, output.palette));
  if (outcomes.some(({ state }) => state !== 'refused')) return;
  const [first] = outcomes;
  output.failure({
    message: `None of ${plural(outcomes.length, 'codebase')} could be added.`,
    remedy: `Mend the list. The first: ${oneLine(`${first?.path}: ${first?.reason}`)}`,
  });
  process.exitCode = 1;
}

interface TrainOptions {
  all?: boolean;
  budget?: string;
  engine?: EngineName;
  place?: PlaceName;
  parallel?: string;
  wait: boolean;
}

async function train(session: Session, options: TrainOptions, names: string[]): Promise<void> {
  const { garden } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const parallel = parseParallel(options.parallel);
  const engine = await chooseEngine(session, options.engine);
  const place = await choosePlace(session, options.place);
  const projects = await chosen(session, names, options.all === true ? 'all' : 'needing');
  if (projects.length === 0) return nothingToTrain(session);
  const { ready, passed } = await withBases(session, projects, { train: true });
  const { trainFleet } = await import('../../projects/fleet/train-fleet.js');
  const queued = await whileQueueing(session, passed, (onProgress) =>
    trainFleet(garden, ready, {
      ...{ runOptions: { budgetMs, engine, place }, parallel, signal: session.signal, onProgress },
    }),
  );
  const announce = `Training ${plural(queued.queued.length, 'project')}, each for at most ${formatDuration(budgetMs)}.`;
  await followQueued(session, queued, { wait: options.wait, announce });
}

interface RefreshOptions {
  budget?: string;
  train: boolean;
  parallel?: string;
  wait: boolean;
}

async function refresh(session: Session, options: RefreshOptions, names: string[]): Promise<void> {
  const { garden } = session;
  const budgetMs = options.budget === undefined ? garden.settings.budgetMs : parseDuration(options.budget);
  const parallel = parseParallel(options.parallel);
  const projects = await chosen(session, names, 'all');
  const { ready, passed } = await withBases(session, projects, { train: false });
  const { refreshFleet } = await import('../../projects/fleet/train-fleet.js');
  const queued = await whileQueueing(session, passed, (onProgress) =>
    refreshFleet(garden, ready, {
      ...{ train: options.train, budgetMs, parallel, signal: session.signal, onProgress },
    }),
  );
  const announce = `Refreshing ${plural(queued.queued.length, 'project')}.`;
  await followQueued(session, queued, { wait: options.wait, announce });
}

async function cancel(session: Session, _options: object, names: string[]): Promise<void> {
  const { output } = session;
  const { cancelFleet } = await import('../../projects/fleet/cancel-fleet.js');
  const projects = await cancelFleet(session.garden, await chosen(session, names, 'all'));
  output.value(projects.map(({ id, name }) => ({ id, name })));
  if (projects.length === 0) output.line('Nothing is under way.');
  else output.line(`Cancelled the work on ${projects.map(({ name }) => oneLine(name)).join(', ')}.`);
}

/** The projects that are named, or those that are meant where none is. @throws GardenerError `cli.no-project` */
async function chosen(
  { garden }: Session,
  names: readonly string[],
  meant: 'all' | 'needing',
): Promise<ProjectRecord[]> {
  const { chooseFleet } = await import('../../projects/fleet/choose-fleet.js');
  return chooseFleet(garden, names, meant);
}

/** @param passed what has been passed over before anything was queued */
async function whileQueueing(
  { output }: Session,
  passed: QueuedFleet['passed'],
  queue: (onProgress: (done: number, total: number) => void) => Promise<QueuedFleet>,
): Promise<QueuedFleet> {
  const progress = output.progress();
  const queued = await queue((done, total) => progress.update({ label: 'queueing', done, total })).finally(
    () => progress.finish(),
  );
  return { queued: queued.queued, passed: [...passed, ...queued.passed] };
}

async function nothingToTrain(session: Session): Promise<void> {
  session.output.line('Every project has an adapter, or has too little code for one. Train all again: --all');
  await printFleet(session, { onlyJson: true });
}

function parseParallel(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseWholeNumber(text, '--parallel', 1, MAX_TRAINING_PARALLEL);
}
