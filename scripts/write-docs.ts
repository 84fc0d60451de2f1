// docs/commands.md and docs/settings.md are written from the code, the rooms in
// docs/architecture.md from boundaries/house.json.
//   npm run docs              writes them
//   npm run docs -- --check   fails when a committed one is stale; part of npm run check
import type { EventEmitter } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../packages/gardener/src/cli/program.js';
import { describeSettings } from '../packages/gardener/src/garden/settings/settings.js';
import { readHouse } from './boundaries/house.js';
import { withRooms } from './boundaries/rooms-table.js';

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'docs');
const pages: Record<string, string> = {
  'commands.md': commandsPage(),
  'settings.md': settingsPage(),
  'architecture.md': withRooms(readFileSync(join(docs, 'architecture.md'), 'utf8'), readHouse()),
};

for (const [name, text] of Object.entries(pages)) {
  const file = join(docs, name);
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!isCurrent) {
    process.stdout.write(`docs/${name} is not what the code says\ntry: npm run docs\n`);
    process.exitCode = 1;
  }
}
if (process.exitCode !== 1) process.stdout.write(`docs: ${Object.keys(pages).join(', ')} are current\n`);

function commandsPage(): string {
  // Not to be wrapped by the width of whatever terminal this is run in.
  const program = createProgram('').configureHelp({ helpWidth: 120, sortSubcommands: false });
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  return `# Commands

Written by \`npm run docs\` from the command line's own definitions; \`gardener <command> --help\` says the same.

Every command ends with 0 when it has done its work, 1 for a failure, 2 when it was written wrongly, 130 after Ctrl-C. A failure is one
line \`error: …\` and one line \`try: …\` on stderr; with \`--json\` also \`{"error": {"code", "message", "remedy"}}\` on stdout
([all codes](errors.md)). A project is named by its name, its id or its path.

| Command | What it does |
| --- | --- |
${commands.map((command) => `| [\`${fullName(command)}\`](#${anchor(command)}) | ${cell(command.summary() || command.description())} |`).join('\n')}

## Options of every command

${optionTable(program)}

${commands.map(commandSection).join('\n')}`;
}

function commandSection(command: Command): string {
  const parts = [`## ${fullName(command)}`, command.description()];
  if (command.commands.length === 0) parts.push(`\`\`\`\n${usage(command)}\n\`\`\``);
  const inputs = command.registeredArguments.map(
    (argument) =>
      `| \`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\` | ${cell(argument.description)} |`,
  );
  if (inputs.length > 0) parts.push(`| Argument | |\n| --- | --- |\n${inputs.join('\n')}`);
  if (command.options.length > 0) parts.push(optionTable(command));
  const after = helpAfter(command);
  if (after !== '') parts.push(`\`\`\`\n${after}\n\`\`\``);
  return `${parts.join('\n\n')}\n`;
}

function optionTable({ options }: Command): string {
  const rows = options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, argChoices, mandatory, defaultValue }) => {
      const notes = [
        ...(argChoices === undefined ? [] : [`: ${argChoices.join(', ')}`]),
        ...(mandatory ? [' (must be given)'] : []),
        ...(defaultValue === undefined || typeof defaultValue === 'boolean'
          ? []
          : [` (default: ${defaultValue})`]),
      ];
      return `| \`${flags}\` | ${cell(description)}${notes.join('')} |`;
    });
  return `| Option | |\n| --- | --- |\n${rows.join('\n')}`;
}

function usage(command: Command): string {
  const inputs = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [fullName(command), ...(command.options.length > 0 ? ['[options]'] : []), ...inputs].join(' ');
}

/** What a command adds below its help: explanations and examples. */
function helpAfter(command: Command): string {
  let text = '';
  const write = (piece: string) => {
    text += piece;
  };
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text.trim();
}

function fullName(command: Command): string {
  const parent = command.parent;
  return parent === null ? command.name() : `${fullName(parent)} ${command.name()}`;
}

function anchor(command: Command): string {
  return fullName(command).replaceAll(' ', '-');
}

function settingsPage(): string {
  const rows = describeSettings().map(
    ({ key, environment, defaultValue, description }) =>
      `| \`${key}\` | \`${JSON.stringify(defaultValue)}\` | \`${environment}\` | ${cell(description)} |`,
  );
  return `# Settings

Written by \`npm run docs\` from the settings' own definitions.

A setting is taken from the command line's option, else from its environment variable, else from \`settings.json\` in the data directory,
else it has its default; each on its own. \`settings.json\` is one object: \`{"threads": 4, "maxDiskMegabytes": 5000}\`. A value that does
not fit, or a name that is none, is refused with a sentence.

The data directory itself is \`~/.codebase-gardener\`, or where \`CODEBASE_GARDENER_DATA_DIR\` or \`--data-dir\` says.

| Setting | Default | Environment | What it does |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}
