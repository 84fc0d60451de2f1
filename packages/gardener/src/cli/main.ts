import { programVersion } from './session/program-version.js';

const EXIT_GRACE_MS = 1_000;

// A reader that goes away (`gardener list | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: The output could not be written (${error.code}).\n`);
  process.stderr.write('try: Free some space where it goes, or send it elsewhere.\n');
  process.exit(1);
});
// Where nobody reads what is said beside the result, the result still counts.
process.stderr.on('error', () => undefined);

const commandLine = process.argv.slice(2);
const asked = commandLine.filter((word) => word !== '--json');
if (asked.length === 1 && (asked[0] === '--version' || asked[0] === '-V')) {
  // Answered without loading the commands: editors and scripts ask for the version often.
  const version = programVersion();
  const isJson = asked.length < commandLine.length;
  process.stdout.write(`${isJson ? JSON.stringify({ version }) : version}\n`);
} else {
  const { runProgram } = await import('./program.js');
  await runProgram(commandLine, programVersion());
  // What Ctrl-C has ended does not go on; its children end with it.
  if (process.exitCode === 130) process.exit();
  // A native runtime's thread or a child that does not end must not keep the shell waiting.
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
}
