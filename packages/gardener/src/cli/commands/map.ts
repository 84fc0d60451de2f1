import type { Command } from 'commander';
import {
  DEFAULT_MAP_TOKENS,
  type MapFile,
  mapProject,
  symbolLine,
} from '../../codebase/graph/project-map.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine } from '../terminal/plain-text.js';

interface MapOptions {
  tokens: string;
}

export function defineMap(program: Command): void {
  program
    .command('map')
    .summary('an outline of the codebase, the most central parts first')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option('--tokens <number>', 'how long it may be, in tokens', String(DEFAULT_MAP_TOKENS))
    .description(
      'An outline of the codebase within a token budget: its files, and in them the declarations on which most of the code ' +
        'rests. What calls, uses and imports what is read from the code; PageRank over that says what is central. Made for ' +
        'a first look, and to be given to a model. Tokens are an estimate (3 characters each).',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener map
  $ gardener map shop --tokens 8000 > outline.txt
  $ gardener map --json | jq -r '.files[:10][] | "\\(.rank) \\(.path)"'`,
    )
    .action(withSession(map));
}

async function map(session: Session, options: MapOptions, named?: string): Promise<void> {
  const { garden, output } = session;
  const tokens = parseWholeNumber(options.tokens, '--tokens', 50, 1_000_000);
  const project = await chooseProject(session, named);
  const { ProjectIndex } = await import('../../retrieval/index/project-index.js');
  const index = new ProjectIndex(garden.paths, project.id);
  session.closeAtEnd(() => index.close());
  const graph = await index.symbolGraph();
  if (graph === null) throw noMap(project);
  const outline = mapProject(graph, tokens);
  output.value({ project: { id: project.id, name: project.name }, budget: tokens, ...outline });
  output.lines(renderFiles(outline.files, output.palette));
  const shown = outline.files.reduce((sum, file) => sum + file.symbols.length, 0);
  output.note(
    output.notePalette.quiet(
      `${shown} of ${outline.symbolCount} symbols in ${outline.files.length} of ${outline.fileCount} files, about ${outline.tokens} tokens.`,
    ),
  );
}

function renderFiles(files: readonly MapFile[], { accent, quiet }: Palette): string[] {
  return files.flatMap(({ path, symbols }, place) => [
    ...(place === 0 ? [] : ['']),
    accent(oneLine(path)),
    ...symbols.map(
      (symbol) => `${quiet(String(symbol.startLine).padStart(6))}  ${oneLine(symbolLine(symbol))}`,
    ),
  ]);
}

function noMap(project: ProjectRecord): GardenerError {
  return new GardenerError('cli.no-map', `${project.name} has no map yet.`, {
    remedy: `Make it with gardener refresh ${project.name}; while it is still being indexed, wait a moment.`,
    retryable: true,
  });
}
