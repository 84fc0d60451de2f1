import { Command, CommanderError } from 'commander';
import { defineAdd } from './commands/add.js';
import { defineAsk } from './commands/ask.js';
import { defineCancel } from './commands/cancel.js';
import { defineChat } from './commands/chat.js';
import { defineComplete } from './commands/complete.js';
import { defineCompletion } from './commands/completion.js';
import { defineDisk } from './commands/disk.js';
import { defineDoctor } from './commands/doctor.js';
import { defineEvaluate } from './commands/evaluate.js';
import { defineExport } from './commands/export.js';
import { defineFleet } from './commands/fleet.js';
import { defineImport } from './commands/import.js';
import { defineList } from './commands/list.js';
import { defineMap } from './commands/map.js';
import { defineMcp } from './commands/mcp.js';
import { defineModels } from './commands/models.js';
import { definePause } from './commands/pause.js';
import { definePromote } from './commands/promote.js';
import { definePull } from './commands/pull.js';
import { definePush } from './commands/push.js';
import { defineRefresh } from './commands/refresh.js';
import { defineRelated } from './commands/related.js';
import { defineRemove } from './commands/remove.js';
import { defineResume } from './commands/resume.js';
import { defineSearch } from './commands/search.js';
import { defineServe } from './commands/serve.js';
import { defineStatus } from './commands/status.js';
import { defineSwitch } from './commands/switch.js';
import { defineTrain } from './commands/train.js';
import { defineUi } from './commands/ui.js';
import { defineUpgrade } from './commands/upgrade.js';
import { defineWatch } from './commands/watch.js';
import { reportError } from './report-error.js';
import { Output } from './session/output.js';
import { logFailure } from './session/session.js';
import { parseDataDirectory } from './steps/parse-options.js';

const DESCRIPTION =
  'Trains a LoRA adapter on your codebase on your own machine, measures on held-out code whether it helps, and answers ' +
  'your questions with it. Nothing leaves the machine.';

const EXAMPLES = `
Start here:
  $ gardener add .                    index this codebase, then train on it in the background
  $ gardener status                   how far it is, and whether the adapter helps
  $ gardener ask "where are errors turned into exit codes?"

Every command has its own help: gardener add --help`;

const COMMANDS = [
  defineAdd,
  defineList,
  defineSwitch,
  defineStatus,
  defineRefresh,
  defineWatch,
  defineRemove,
  defineTrain,
  definePause,
  defineResume,
  defineCancel,
  defineEvaluate,
  definePromote,
  defineFleet,
  defineExport,
  defineImport,
  definePush,
  definePull,
  defineSearch,
  defineRelated,
  defineMap,
  defineAsk,
  defineChat,
  defineComplete,
  defineUi,
  defineServe,
  defineMcp,
  defineModels,
  defineDisk,
  defineDoctor,
  defineUpgrade,
  defineCompletion,
];

/**
 * Runs one command line and sets the exit code: 0, 1 for a failure, 2 for a command that was written wrongly, 130 after
 * Ctrl-C. A failure is told in one `error:` line and one `try:` line.
 */
export async function runProgram(commandLine: readonly string[], version: string): Promise<void> {
  const program = createProgram(version);
  process.once('uncaughtException', (error) => {
    tellFailure(program, commandLine, error);
    process.exit();
  });
  try {
    // Without a command the help is the answer, and no failure.
    if (commandLine.length === 0) program.outputHelp();
    else await program.parseAsync(commandLine, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    tellFailure(program, commandLine, error);
  }
}

/** The command line as a commander program; each command's rooms are loaded when it runs. */
export function createProgram(version: string): Command {
  const program = new Command('gardener')
    .description(DESCRIPTION)
    .version(version, '-V, --version', 'print the version')
    .option(
      '--data-dir <dir>',
      'where everything is kept (default: ~/.codebase-gardener)',
      parseDataDirectory,
    )
    .option('--json', 'print one JSON value on stdout; progress goes to stderr')
    .option('--verbose', 'show the log, and where an error comes from')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    // Both are told by tellFailure: what is wrong, and the help that is shown where a command is missing.
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
    .showSuggestionAfterError(true)
    .exitOverride();
  for (const define of COMMANDS) define(program);
  return program;
}

function tellFailure(program: Command, commandLine: readonly string[], error: unknown): void {
  const names = program.commands.map((command) => command.name());
  const command = commandLine.find((word) => names.includes(word));
  const report = reportError(error, command === undefined ? 'gardener --help' : `gardener ${command} --help`);
  const output = new Output(commandLine.includes('--json'), !commandLine.includes('--no-color'));
  // After Ctrl-C the command has already said what goes on.
  if (report.exitCode !== 130) output.failure(report);
  output.value({ error: { code: report.code, message: report.message, remedy: report.remedy } });
  logFailure(error);
  if (commandLine.includes('--verbose') && error instanceof Error && error.stack) output.note(error.stack);
  process.exitCode = report.exitCode;
}
