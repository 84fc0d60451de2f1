import type { Command } from 'commander';
import { GardenerError } from '../../garden/errors.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { printStatus } from '../print-status.js';
import { type Session, withSession } from '../session.js';
import { oneLine } from '../terminal/plain-text.js';

export function definePromote(program: Command): void {
  program
    .command('promote')
    .summary('choose by hand which model answers, or roll back')
    .argument('<project>', 'name, id or path')
    .argument('[version]', 'number of an adapter, or "base" (default: the newest adapter)')
    .description(
      'Choose by hand which model answers for a project: one of its adapters, or the base model alone. It is also the ' +
        'way to roll back.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener promote shop 2          adapter 2 answers from now on
  $ gardener promote shop base       the base model alone answers

The gate decides by itself after every training; this overrides it. See the figures first: gardener evaluate shop`,
    )
    .action(withSession(promote));
}

async function promote(session: Session, _options: object, named: string, version?: string): Promise<void> {
  const { garden, output } = session;
  const project = await garden.registry.get(named);
  const promotedAdapter = version === 'base' ? null : await chooseAdapter(garden, project, version);
  await garden.registry.update(project.id, { promotedAdapter });
  const answering =
    promotedAdapter === null ? 'the base model alone answers' : `adapter ${promotedAdapter} answers`;
  output.line(`${oneLine(project.name)}: ${answering} from now on.`);
  await printStatus(session, project, { onlyJson: true });
}

async function chooseAdapter(garden: Garden, project: ProjectRecord, version?: string): Promise<number> {
  const { adapterVersions } = await import('../../training/adapter-store.js');
  const versions = await adapterVersions(garden.paths, project.id);
  const wanted = version === undefined ? versions.at(-1) : Number(version);
  if (wanted !== undefined && versions.includes(wanted)) return wanted;
  const known = versions.length === 0 ? 'It has none yet' : `It has ${versions.join(', ')}`;
  throw new GardenerError(
    'cli.no-such-adapter',
    version === undefined
      ? `${project.name} has no adapter yet.`
      : `${project.name} has no adapter ${JSON.stringify(version)}.`,
    {
      remedy:
        versions.length === 0
          ? `Train one: gardener train ${project.name}.`
          : `${known}; or give "base" for the base model alone.`,
    },
  );
}
