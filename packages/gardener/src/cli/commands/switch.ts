import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';

export function defineSwitch(program: Command): void {
  program
    .command('switch')
    .summary('make a project the active one')
    .argument('<project>', 'name, id or path of a project')
    .description(
      'Make a project the active one: ask, chat, search and status then mean it unless -p names another. ' +
        'Adapter, index and conversation change together.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener switch shop
  $ gardener switch ~/code/shop`,
    )
    .action(withSession(switchProject));
}

async function switchProject(session: Session, _options: object, named: string): Promise<void> {
  const { garden, output } = session;
  const project = await garden.registry.setActive(named);
  output.value({
    project: { id: project.id, name: project.name, path: project.path, baseModel: project.baseModel },
  });
  const answering =
    project.promotedAdapter === null ? 'the base model' : `adapter ${project.promotedAdapter}`;
  output.line(`${output.palette.strong(oneLine(project.name))} is active; ${answering} answers.`);
}
