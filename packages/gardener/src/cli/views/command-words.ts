import type { Argument, Command, Option } from 'commander';

/** What can be written after a command. */
export interface CommandWords {
  /** The words that lead to it: empty for the program itself, `models compare`. */
  path: readonly string[];
  subcommands: readonly { name: string; about: string }[];
  options: readonly OptionWords[];
  /** What its first argument names. */
  argument: WordKind;
  /** Words that its first argument may be. */
  choices: readonly string[];
}

/** What a word names, as far as a shell can help with it. */
export type WordKind = 'project' | 'file' | 'nothing';

/** An option as it is written. */
export interface OptionWords {
  /** `-p`, `--project` */
  flags: readonly string[];
  about: string;
  /** What its value names; null where it takes none. */
  value: WordKind | null;
  choices: readonly string[];
}

/** Every command of a program, the program first, from its own definitions. */
export function commandWords(program: Command): CommandWords[] {
  const globals = program.options.map(optionWords);
  const help: OptionWords = { flags: ['-h', '--help'], about: 'show help', value: null, choices: [] };
  const of = (command: Command, path: string[]): CommandWords[] => {
    const [argument] = command.registeredArguments;
    const own = command === program ? [] : command.options.filter(({ hidden }) => !hidden).map(optionWords);
    const words = {
      path,
      subcommands: command.commands.map((each) => ({ name: each.name(), about: aboutOf(each) })),
      options: [...own, ...globals, help],
      argument: kindOf(argument),
      choices: argument?.argChoices ?? [],
    };
    return [words, ...command.commands.flatMap((each) => of(each, [...path, each.name()]))];
  };
  return of(program, []);
}

function aboutOf(command: Command): string {
  return oneSentence(command.summary() || command.description());
}

function optionWords(option: Option): OptionWords {
  const takesValue = option.required || option.optional;
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null);
  return {
    flags,
    about: oneSentence(option.description),
    value: takesValue ? kindOfName(option.flags.replace(/^.*[<[]/, '')) : null,
    choices: option.argChoices ?? [],
  };
}

function kindOf(argument: Argument | undefined): WordKind {
  return argument === undefined ? 'nothing' : kindOfName(argument.name());
}

function kindOfName(name: string): WordKind {
  if (/project/i.test(name)) return 'project';
  return /path|file|dir|folder/i.test(name) ? 'file' : 'nothing';
}

/** One line without what shells read as their own. */
function oneSentence(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[`'"\\$[\]]/g, '')
    .trim()
    .slice(0, 80);
}
