import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { confirmRemoval } from '../steps/confirm.js';
import { fetchModels } from '../steps/fetch-models.js';
import { modelRows } from '../steps/model-rows.js';
import {
  ollamaModels,
  pullOllamaModel,
  removeOllamaModel,
  renderOllamaModels,
} from '../steps/ollama-models.js';
import { parseDuration } from '../steps/parse-duration.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';
import { renderComparison } from '../views/comparison-view.js';

export function defineModels(program: Command): void {
  const models = program
    .command('models')
    .summary('list, fetch or delete models')
    .description(
      'The models on this machine: list them, fetch one, delete one. Each is fetched once and checked by its sha256.',
    )
    .addHelpText(
      'after',
      `
With runtimeProvider ollama, names that are not of this list mean Ollama's models.

Examples:
  $ gardener models list
  $ gardener models pull smollm2-135m-instruct
  $ gardener models pull smollm2-135m-instruct --from ~/Downloads/SmolLM2-135M-Instruct.Q4_1.gguf`,
    );
  models
    .command('list')
    .option('--local', 'only those on disk, also what Ollama and LM Studio have there')
    .description('List the models that Gardener knows and which of them are on disk.')
    .addHelpText(
      'after',
      `
Every name can be given to --base of add and train. A GGUF file of your own needs no entry here:
  $ gardener add . --base /path/to/model.gguf`,
    )
    .action(withSession(listKnown));
  models
    .command('pull')
    .argument('<model>', 'an id of gardener models list, or hf:owner/repository/file.gguf')
    .option('--from <file>', 'take it from this file instead of the network')
    .description('Fetch a model, continue a fetch that was cut off, or take it from a file.')
    .addHelpText('after', '\nWithout a network: copy the file to this machine and use --from.')
    .action(withSession(pull));
  models
    .command('remove')
    .argument('<model>', 'an id of gardener models list --local')
    .option('-y, --yes', 'do not ask, also where a project uses it; needed then where there is no terminal')
    .description('Delete a model from this machine. Adapters stay, and work again when it is pulled again.')
    .action(withSession(removeOne));
  models
    .command('compare')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option('--base <models...>', 'compare these: ids, or GGUF files (default: every base on disk)')
    .option('--budget <time>', 'time for each base: 30s, 1m, 5m (default: 1m)')
    .description(
      'Measure every base model on disk on the same held-out files of a project: how well it predicts them, how fast it ' +
        'scores, answers and trains, and what memory it needs; with the adapter for it, where the project has one.',
    )
    .addHelpText(
      'after',
      `
Bits per byte say how surprised a model is by each byte of the code; lower is better, and the figures of different bases
can be compared. Gaps filled are gaps in the middle of files that a base with fill-in-the-middle tokens writes exactly. How
much was scored stands below the table: more with a larger --budget. The last comparison is also in the web UI, on the project's page.
Examples:
  $ gardener models compare
  $ gardener models compare shop --budget 3m
  $ gardener models compare --json | jq '.bases[] | {id, bits: .figures.bitsPerByte}'`,
    )
    .action(withSession(compare));
}

async function compare(
  session: Session,
  options: { base?: string[]; budget?: string },
  named?: string,
): Promise<void> {
  const { garden, output, signal } = session;
  const budgetMs = options.budget === undefined ? undefined : parseDuration(options.budget);
  const project = await chooseProject(session, named);
  const { compareBases } = await import('../../projects/compare-bases.js');
  const progress = output.progress();
  const comparison = await compareBases(garden, project, {
    ...(options.base === undefined ? {} : { bases: options.base }),
    ...(budgetMs === undefined ? {} : { budgetMs }),
    signal,
    onProgress: (label, done, total, leftMs) => {
      const far = total === null ? (done > 0 ? [`${done}`] : []) : [`${done} of ${total}`];
      const left = leftMs === null ? [] : [`about ${formatDuration(leftMs)} left`];
      progress.update({ label: oneLine(label), done, total, detail: [...far, ...left].join(' · ') });
    },
  }).finally(() => progress.finish());
  output.value(comparison);
  output.line(output.palette.strong(oneLine(project.name)));
  output.lines(renderComparison(comparison, output.palette));
}

/** Whether Ollama is meant: it runs the models, and this is none of the catalogue. */
async function isOfOllama({ garden }: Session, id: string): Promise<boolean> {
  if (garden.settings.runtimeProvider !== 'ollama') return false;
  const { listModels } = await import('../../models/store/catalogue.js');
  const { isOwnModel } = await import('../../models/store/find-model.js');
  return !isOwnModel(id) && !listModels().some((entry) => entry.id === id.toLowerCase());
}

async function listKnown(session: Session, options: { local?: boolean }): Promise<void> {
  const { settings } = session.garden;
  const rows = await modelRows(session, options.local === true);
  const { output } = session;
  const onOllama = settings.runtimeProvider === 'ollama' ? await ollamaModels(session) : [];
  output.value([...rows, ...onOllama]);
  if (rows.length === 0)
    output.line('No model is on disk yet. Fetch the default: gardener models pull smollm2-135m-instruct');
  const { good, quiet, strong } = output.palette;
  output.lines(
    renderTable(
      rows.map((row) => [
        row.directory === null ? quiet('·') : good('✓'),
        row.isDefault ? strong(oneLine(row.id)) : oneLine(row.id),
        row.kind,
        quiet(oneLine(row.description)),
      ]),
    ),
  );
  if (rows.length > 0) output.line(quiet('\n✓ on disk   · gardener models pull <model>'));
  if (settings.runtimeProvider === 'ollama') output.lines(['', ...renderOllamaModels(session, onOllama)]);
}

async function pull(session: Session, options: { from?: string }, id: string): Promise<void> {
  if (options.from === undefined && (await isOfOllama(session, id))) return pullOllamaModel(session, id);
  const [model] = await fetchModels(session, [id], { fromFile: options.from, mend: true });
  session.output.value(model);
  session.output.line(`${id} is ready in ${model?.directory}`);
}

async function removeOne(session: Session, options: { yes?: boolean }, id: string): Promise<void> {
  if (await isOfOllama(session, id)) return removeOllamaModel(session, id);
  const { findModel } = await import('../../models/store/find-model.js');
  const { modelOnDisk, notOnDisk, removeModel } = await import('../../models/store/model-store.js');
  const entry = findModel(id);
  const { paths } = session.garden;
  const isHere = entry.source.type !== 'file' && (await modelOnDisk(paths, id)) !== null;
  if (isHere && !options.yes) await confirmUses(session, entry.id);
  if (!(await removeModel(paths, entry.id))) {
    throw notOnDisk(entry.id);
  }
  session.output.value({ removed: entry.id });
  session.output.line(`Removed ${entry.id}.`);
}

/** Names the projects that need a model, and asks; deletes unasked what nobody needs. */
async function confirmUses(session: Session, model: string): Promise<void> {
  const { usesOfModel, useInWords } = await import('../../projects/model-uses.js');
  const uses = await usesOfModel(session.garden, model);
  if (uses.length === 0) return;
  for (const use of uses) session.output.note(oneLine(useInWords(use, model)));
  await confirmRemoval(session, `Delete ${model} all the same?`, model);
}
