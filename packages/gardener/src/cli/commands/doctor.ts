import { type Command, Option } from 'commander';
import type { Check } from '../../doctor/run-doctor.js';
import { PYTHON_ENGINES, type PythonEngineName } from '../../training/engines/engine-name.js';
import { Output } from '../session/output.js';
import { type GlobalOptions, withSession } from '../session/session.js';
import { installEngine, removeEngine } from '../steps/install-engine.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

export function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check this machine and say what to do')
    .option('--full', 'also hash every model, and let the base models write a word')
    .addOption(
      new Option('--install <engine>', 'install a training engine beside the models').choices(PYTHON_ENGINES),
    )
    .addOption(new Option('--remove <engine>', 'remove a training engine').choices(PYTHON_ENGINES))
    .description(
      'Check what Gardener needs: Node, processor, memory, disk, data directory, background runner, models, servers, every ' +
        "project's index and promoted adapter, and each native module in a process of its own. Every problem comes with what to do.",
    )
    .addHelpText(
      'after',
      `
Ends with 1 when a check failed; notes (!) are no failure.

Examples:
  $ gardener doctor
  $ gardener doctor --full
  $ gardener doctor --install peft            PyTorch and PEFT, in an environment of their own
  $ gardener doctor --json | jq '.checks[] | select(.state != "ok")'`,
    )
    .action(async (_options: object, command: Command) =>
      doctor(command.optsWithGlobals<DoctorOptions>(), command),
    );
}

/** What the command was given. */
type DoctorOptions = GlobalOptions & {
  full?: boolean;
  install?: PythonEngineName;
  remove?: PythonEngineName;
};

// Not through withSession: a data directory that cannot be opened is one of the things to be found.
async function doctor(options: DoctorOptions, command: Command): Promise<void> {
  if (options.install !== undefined) return withSession(installEngine)(options, command);
  if (options.remove !== undefined) return withSession(removeEngine)(options, command);
  const output = new Output(options.json === true, options.color);
  const progress = output.progress();
  const { runDoctor } = await import('../../doctor/run-doctor.js');
  const checks = await runDoctor({
    dataDir: options.dataDir,
    full: options.full === true,
    onProgress: (label) => progress.update({ label: oneLine(label) }),
  }).finally(() => progress.finish());
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
  const names = failed.map(({ name }) => oneLine(name)).join(', ');
  output.failure({
    message: `${failed.length} of ${checks.length} checks failed: ${names}.`,
    remedy: oneLine(first.remedy ?? 'See the report above.'),
  });
  process.exitCode = 1;
}

function renderChecks(checks: readonly Check[], output: Output): string[] {
  const { good, warn, bad, accent } = output.palette;
  const marks = { ok: good('✓'), warn: warn('!'), fail: bad('✗') };
  const rows = checks.map(({ state, name, detail }) => [marks[state], oneLine(name), oneLine(detail)]);
  return renderTable(rows).flatMap((line, index) => {
    const remedy = checks[index]?.remedy;
    return remedy ? [line, `   ${accent('try:')} ${oneLine(remedy)}`] : [line];
  });
}
