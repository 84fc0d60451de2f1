import type { Command } from 'commander';
import { GardenerError } from '../../garden/errors.js';
import type { Settings } from '../../garden/settings.js';
import type { IndexHealth } from '../../retrieval/index.js';
import {
  type Check,
  checkDataDirectory,
  checkMemory,
  checkNode,
  checkProcessor,
  NATIVE_MODULES,
  probeModule,
} from '../doctor-checks.js';
import { Output } from '../output.js';
import { reportError } from '../report-error.js';
import type { GlobalOptions } from '../session.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

export function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check this machine and say what to do')
    .description(
      'Check this machine: Node, processor, memory, disk, data directory, models, and each native module in a process ' +
        'of its own. Every problem comes with what to do.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener doctor
  $ gardener doctor --json`,
    )
    .action(async (_options: object, command: Command) => doctor(command.optsWithGlobals<GlobalOptions>()));
}

// Not through withSession: a data directory that cannot be opened is one of the things to be found.
async function doctor(options: GlobalOptions): Promise<void> {
  const output = new Output(options.json === true, options.color);
  const progress = output.progress();
  const checks: Check[] = [
    checkNode(),
    await checkProcessor(),
    checkMemory(),
    ...(await checkDataDirectory(options.dataDir)),
    ...(await checkGarden(options)),
  ];
  progress.update({ label: 'reading the indexes' });
  checks.push(...(await checkIndexes(options)));
  for (const { module, use } of NATIVE_MODULES) {
    progress.update({ label: `trying ${module}` });
    checks.push(await probeModule(module, use));
  }
  progress.finish();
  const failed = checks.filter((check) => check.state === 'fail');
  output.value({ checks });
  output.lines(renderChecks(checks, output));
  const [first] = failed;
  if (first === undefined) {
    const notes = checks.filter((check) => check.state === 'warn').length;
    output.line(notes === 0 ? '\nEverything works.' : `\nEverything works; ${plural(notes, 'note')} above.`);
    return;
  }
  // Told here and not thrown: with --json the checks are the one value on stdout.
  output.failure({
    message: `${failed.length} of ${checks.length} checks failed: ${failed.map(({ name }) => name).join(', ')}.`,
    remedy: first.remedy ?? 'See the report above.',
  });
  process.exitCode = 1;
}

/** Embeds one word with the directory or server that the settings choose. */
async function checkEmbedder(settings: Settings): Promise<Check> {
  const name = `embeddings ${settings.embeddingProvider}`;
  try {
    const { startEmbedder } = await import('../../retrieval/choose-embedder.js');
    const embedder = await startEmbedder(settings, () => Promise.reject(new Error('not of the catalogue')));
    await embedder.dispose();
    return { name, state: 'ok', detail: `${embedder.id}, ${embedder.dimension} dimensions`, remedy: null };
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return { name, state: 'fail', detail: oneLine(error.message), remedy: oneLine(error.remedy) };
  }
}

/** Settings, layout and models: whatever opening the data directory itself refuses. */
async function checkGarden(options: GlobalOptions): Promise<Check[]> {
  try {
    const { openGarden } = await import('../../garden/garden.js');
    const garden = await openGarden({
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    });
    const { modelOnDisk } = await import('../../models/model-store.js');
    const checks: Check[] = [];
    const { baseModel, embeddingModel, embeddingProvider } = garden.settings;
    if (embeddingProvider !== 'catalogue') checks.push(await checkEmbedder(garden.settings));
    for (const id of embeddingProvider === 'catalogue' ? [baseModel, embeddingModel] : [baseModel]) {
      const model = await modelOnDisk(garden.paths, id);
      checks.push({
        name: `model ${id}`,
        state: model === null ? 'warn' : 'ok',
        detail: model === null ? 'not on disk yet' : model.directory,
        remedy: model === null ? `Fetched on first use, or now: gardener models pull ${id}.` : null,
      });
    }
    for (const { error, id } of await garden.registry.problems()) {
      checks.push({
        name: `project ${id}`,
        state: 'fail',
        detail: oneLine(error.message),
        remedy: oneLine(error.remedy),
      });
    }
    return checks;
  } catch (error) {
    const { message, remedy } = reportError(error);
    return [{ name: 'state', state: 'fail', detail: message, remedy }];
  }
}

/** Reads each project's index whole: damage that a search would only meet by chance. */
async function checkIndexes(options: GlobalOptions): Promise<Check[]> {
  const { openGarden } = await import('../../garden/garden.js');
  const { openIndex } = await import('../../retrieval/index.js');
  // What keeps the data directory from being opened has been told already.
  const garden = await openGarden({
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
  }).catch(() => null);
  const checks: Check[] = [];
  for (const { id, name } of (await garden?.registry.list().catch(() => null)) ?? []) {
    const index = await openIndex(garden!.paths, id);
    try {
      checks.push(indexCheck(oneLine(name), await index.health()));
    } catch (error) {
      const { message, remedy } = reportError(error);
      checks.push({ name: `index of ${oneLine(name)}`, state: 'fail', detail: message, remedy });
    } finally {
      index.close();
    }
  }
  return checks;
}

function indexCheck(project: string, { state, error }: IndexHealth): Check {
  const name = `index of ${project}`;
  switch (state) {
    case 'ready':
      return { name, state: 'ok', detail: 'read whole, undamaged', remedy: null };
    case 'none':
      return { name, state: 'warn', detail: 'not made yet', remedy: `gardener refresh ${project}` };
    case 'building':
      return {
        name,
        state: 'warn',
        detail: 'undamaged, but its last update did not come to its end or is under way',
        remedy: `If none is under way: gardener refresh ${project} goes on from there.`,
      };
    case 'damaged': {
      const remedy = `gardener refresh ${project} --no-train makes it anew from the files; what was embedded once is not embedded again.`;
      return { name, state: 'fail', detail: oneLine(error.message), remedy };
    }
  }
}

function renderChecks(checks: readonly Check[], output: Output): string[] {
  const { good, warn, bad, accent } = output.palette;
  const marks = { ok: good('✓'), warn: warn('!'), fail: bad('✗') };
  const lines: string[] = [];
  renderTable(checks.map((check) => [marks[check.state], check.name, check.detail])).forEach(
    (line, index) => {
      lines.push(line);
      const remedy = checks[index]?.remedy;
      if (remedy) lines.push(`   ${accent('try:')} ${remedy}`);
    },
  );
  return lines;
}
