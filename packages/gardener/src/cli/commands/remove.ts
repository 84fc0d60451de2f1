import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { confirmRemoval } from '../steps/confirm.js';
import { oneLine } from '../terminal/plain-text.js';

export function defineRemove(program: Command): void {
  program
    .command('remove')
    .summary('forget a project: index, adapters, conversations')
    .argument('<project>', 'name, id or path of a project')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .description(
      'Forget a project: its index, adapters, training runs and conversations are deleted, and with them the cache of ' +
        'embeddings, which only saves time. The codebase itself is not touched. Training that is under way is cancelled first.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener remove shop
  $ gardener remove shop --yes        for scripts`,
    )
    .action(withSession(remove));
}

async function remove(session: Session, options: { yes?: boolean }, named: string): Promise<void> {
  const { garden, output } = session;
  const known = await findForRemoval(session, named);
  const question = `Delete the index, adapters and conversations of ${oneLine(known.name)}?`;
  if (!options.yes) await confirmRemoval(session, question, known.name);
  const { removeProject } = await import('../../projects/remove-project.js');
  const left = await removeProject(garden, known.id);
  output.value({ removed: known });
  if (left !== null) output.note(output.notePalette.warn(oneLine(left)));
  output.line(`Removed ${output.palette.strong(oneLine(known.name))}. The codebase itself is untouched.`);
}

// A project whose record is damaged can still be removed by its id.
async function findForRemoval({ garden }: Session, named: string): Promise<{ id: string; name: string }> {
  const { problems } = await garden.registry.read();
  if (problems.some((problem) => problem.id === named)) return { id: named, name: named };
  const { id, name } = await garden.registry.get(named);
  return { id, name };
}
