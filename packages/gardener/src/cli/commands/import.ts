import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { fetchModels } from '../steps/fetch-models.js';
import { oneLine } from '../terminal/plain-text.js';

export function defineImport(program: Command): void {
  program
    .command('import')
    .summary('take in an adapter that was trained elsewhere')
    .argument('<project>', 'name, id or path of a project')
    .argument('<folder>', 'what PEFT or mlx-lm wrote, or a folder with an adapter.gguf')
    .description(
      'Take an adapter that was trained elsewhere as the next version of a project. Names, shapes and numbers are checked ' +
        'against the base model first. It answers only once you promote it.',
    )
    .addHelpText(
      'after',
      `
Only plain LoRA on the linear modules of the blocks can be served; rank-stabilised LoRA is turned into it, DoRA and others are
refused. An export of Gardener's own also tells which base it was trained on, and another one is refused.

Examples:
  $ gardener import shop ./shop-adapter
  $ gardener promote shop 3          when you want it to answer`,
    )
    .action(withSession(runImport));
}

async function runImport(session: Session, _options: object, named: string, folder: string): Promise<void> {
  const { garden, output } = session;
  const project = await garden.registry.get(named);
  await fetchModels(session, [project.baseModel]);
  const { importAdapter } = await import('../../projects/exchange/import-adapter.js');
  const imported = await importAdapter(garden, project, folder);
  output.value(imported);
  const name = oneLine(project.name);
  output.line(
    `${output.palette.strong(name)}: imported as adapter ${imported.version}. It does not answer yet.`,
  );
  if (!imported.baseIsKnown) {
    const base = oneLine(project.baseModel);
    output.note(
      output.notePalette.warn(
        `It does not say which weights it was trained on; its shapes fit ${base}. On other weights its answers are worthless.`,
      ),
    );
  }
  output.line(`When you want it to answer: gardener promote ${name} ${imported.version}`);
}
