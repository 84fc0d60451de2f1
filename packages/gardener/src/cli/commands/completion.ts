import { Argument, type Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { commandWords } from '../views/command-words.js';
import { SHELLS, type Shell, shellCompletion } from '../views/shell-completion.js';

export function defineCompletion(program: Command): void {
  program
    .command('completion')
    .summary('let your shell complete commands, options and projects')
    .addArgument(new Argument('[shell]', 'which shell').choices(SHELLS))
    .option('--projects', "print the projects' names instead, one a line")
    .description(
      'Print a script that tells a shell which commands, options and projects there are. It is written from the commands themselves.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ echo 'eval "$(gardener completion bash)"' >> ~/.bashrc
  $ echo 'eval "$(gardener completion zsh)"' >> ~/.zshrc          (after compinit)
  $ gardener completion fish > ~/.config/fish/completions/gardener.fish`,
    )
    .action((shell: Shell | undefined, options: { projects?: boolean }, command: Command) => {
      if (options.projects === true) return withSession(listNames)(options, command);
      if (shell === undefined) command.error("error: missing required argument 'shell'");
      else process.stdout.write(shellCompletion(shell, commandWords(program)));
    });
}

/** The shell asks for them while a command is written. */
async function listNames({ garden, output }: Session): Promise<void> {
  const names = (await garden.registry.list()).map(({ name }) => oneLine(name));
  output.value(names);
  output.lines(names);
}
