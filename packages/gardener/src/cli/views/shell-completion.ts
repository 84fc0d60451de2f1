import type { CommandWords, OptionWords, WordKind } from './command-words.js';

/** Shells that can be told what may be written. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** What lists the projects' names while a command is written. */
const PROJECTS = 'gardener completion --projects 2>/dev/null';

/** A script that tells a shell what can be written after `gardener`. Pure. */
export function shellCompletion(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

function bashScript(commands: readonly CommandWords[]): string {
  const cases = commands.map((command) => {
    const values = valued(command).map(
      ({ flags, ...option }) => `        ${flags.join('|')}) ${bashValue(option)}; return ;;`,
    );
    const words = [...command.subcommands.map(({ name }) => name), ...command.choices];
    const flags = command.options.flatMap((option) => option.flags);
    return `    '${command.path.join(' ')}')
      case "$before" in
${values.join('\n')}
      esac
      if [[ $word == -* ]]; then __gardener_words '${flags.join(' ')}'
      else ${words.length > 0 ? `__gardener_words '${words.join(' ')}'` : bashValue({ value: command.argument, choices: [] })}
      fi ;;`;
  });
  return `# Completion of gardener for bash. In ~/.bashrc: eval "$(gardener completion bash)"
__gardener_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }
# Names are anybody's: compgen would run what is written in one, and a shell what stands on its line without quotes.
__gardener_projects() {
  local name quoted
  while IFS= read -r name; do
    printf -v quoted '%q' "$name"
    if [[ -n $name && ( $name == "$word"* || $quoted == "$word"* ) ]]; then COMPREPLY+=("$quoted"); fi
  done <<< "$(${PROJECTS})"
}
__gardener_files() { compopt -o default 2>/dev/null; COMPREPLY=(); }
_gardener() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' next index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${path:+$path }\${COMP_WORDS[index]}"
    case "$next" in
      ${commandPaths(commands)
        .map((path) => `'${path}'`)
        .join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
}
complete -F _gardener gardener
`;
}

function bashValue({ value, choices }: Pick<OptionWords, 'value' | 'choices'>): string {
  if (choices.length > 0) return `__gardener_words '${choices.join(' ')}'`;
  if (value === 'project') return '__gardener_projects';
  return value === 'file' ? '__gardener_files' : 'COMPREPLY=()';
}

function zshScript(commands: readonly CommandWords[]): string {
  const cases = commands.map((command) => {
    const values = valued(command).map(
      ({ flags, ...option }) => `        ${flags.join('|')}) ${zshValue(option)}; return ;;`,
    );
    const options = command.options.flatMap(({ flags, about }) =>
      flags.map((flag) => `'${flag}:${about.replaceAll(':', ' ')}'`),
    );
    const described = [
      ...command.subcommands.map(({ name, about }) => `'${name}:${about.replaceAll(':', ' ')}'`),
      ...command.choices.map((choice) => `'${choice}'`),
    ];
    return `    '${command.path.join(' ')}')
      case "$before" in
${values.join('\n')}
      esac
      if [[ $words[CURRENT] == -* ]]; then
        found=(${options.join(' ')})
        _describe option found
      else ${
        described.length > 0
          ? `\n        found=(${described.join(' ')})\n        _describe command found`
          : zshValue({ value: command.argument, choices: [] })
      }
      fi ;;`;
  });
  return `#compdef gardener
# Completion of gardener for zsh. In ~/.zshrc, after compinit: eval "$(gardener completion zsh)"
__gardener_projects() { local -a names; names=("\${(@f)$(${PROJECTS})}"); compadd -a names; }
_gardener() {
  local before="$words[CURRENT-1]" where='' next index
  local -a found
  for ((index = 2; index < CURRENT; index++)); do
    next="\${where:+$where }$words[index]"
    case "$next" in
      ${commandPaths(commands)
        .map((path) => `'${path}'`)
        .join('|')}) where="$next" ;;
    esac
  done
  case "$where" in
${cases.join('\n')}
  esac
}
compdef _gardener gardener
`;
}

function zshValue({ value, choices }: Pick<OptionWords, 'value' | 'choices'>): string {
  if (choices.length > 0) return `compadd -- ${choices.join(' ')}`;
  if (value === 'project') return '__gardener_projects';
  return value === 'file' ? '_files' : 'return';
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const here = `-n '__gardener_at "${command.path.join(' ')}"'`;
    const subcommands = command.subcommands.map(
      ({ name, about }) => `complete -c gardener ${here} -f -a '${name}' -d '${about}'`,
    );
    const choices = command.choices.map((choice) => `complete -c gardener ${here} -f -a '${choice}'`);
    const argument =
      command.argument === 'project' ? [`complete -c gardener ${here} -f -a '(${PROJECTS})'`] : [];
    const nothing =
      command.argument === 'nothing' && subcommands.length === 0 ? [`complete -c gardener ${here} -f`] : [];
    const options = command.options.map(({ flags, about, value, choices: words }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l '${flag.slice(2)}'` : `-s '${flag.slice(1)}'`,
      );
      return `complete -c gardener ${here} ${names.join(' ')}${fishValue(value, words)} -d '${about}'`;
    });
    return [...subcommands, ...choices, ...argument, ...nothing, ...options];
  });
  return `# Completion of gardener for fish: gardener completion fish > ~/.config/fish/completions/gardener.fish
function __gardener_at
    set -l at
    for word in (commandline -opc)[2..-1]
        switch (string join ' ' -- $at $word)
            case ${commandPaths(commands)
              .map((path) => `'${path}'`)
              .join(' ')}
                set -a at $word
        end
    end
    test (string join ' ' -- $at) = $argv[1]
end
${lines.join('\n')}
`;
}

function fishValue(value: WordKind | null, choices: readonly string[]): string {
  if (choices.length > 0) return ` -x -a '${choices.join(' ')}'`;
  if (value === 'project') return ` -x -a '(${PROJECTS})'`;
  if (value === 'file') return ' -r';
  return value === 'nothing' ? ' -x' : '';
}

function commandPaths(commands: readonly CommandWords[]): string[] {
  return commands.filter(({ path }) => path.length > 0).map(({ path }) => path.join(' '));
}

function valued(command: CommandWords): OptionWords[] {
  return command.options.filter(({ value }) => value !== null);
}
