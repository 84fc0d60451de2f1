import { programVersion } from './program-version.js';

const EXIT_GRACE_MS = 1_000;

// A reader that goes away (`gardener list | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const commandLine = process.argv.slice(2);
if (commandLine.length === 1 && (commandLine[0] === '--version' || commandLine[0] === '-V')) {
  // Answered without loading the commands: editors and scripts ask for the version often.
  process.stdout.write(`${programVersion()}\n`);
} else {
  const { runProgram } = await import('./program.js');
  await runProgram(commandLine, programVersion());
  // A native runtime's thread or a child that does not end must not keep the shell waiting.
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
}
