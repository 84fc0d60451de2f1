import { basename, isAbsolute } from 'node:path';
import type { Command } from 'commander';
import type { StatusObject } from '../../projects/project-status.js';
import { type Session, withSession } from '../session/session.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatCount } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';
import { statusLabel } from '../views/status-view.js';
import { tellProblems } from '../views/tell-problems.js';

export function defineList(program: Command): void {
  program
    .command('list')
    .summary('every project and which model answers for it')
    .description('List every project: what is indexed, how training stands, and which model answers.')
    .addHelpText(
      'after',
      `
The active project is marked with *. Change it with gardener switch.

Examples:
  $ gardener list
  $ gardener list --json | jq '.[].project.name'`,
    )
    .action(withSession(list));
}

async function list(session: Session): Promise<void> {
  const { garden, output } = session;
  const { projectStatus } = await import('../../projects/project-status.js');
  const { projects, problems } = await garden.registry.read();
  const active = await garden.registry.active();
  const statuses = await Promise.all(projects.map((project) => projectStatus(garden, project)));
  output.value(statuses);
  tellProblems(session, problems);
  if (statuses.length === 0) {
    if (problems.length > 0) return;
    output.line('No project yet.');
    output.line('Add a codebase: gardener add <path>');
    return;
  }
  const { quiet, strong, good, warn } = output.palette;
  const rows = statuses.map((status) => [
    status.project.id === active?.id ? good('*') : ' ',
    strong(oneLine(status.project.name)),
    `${formatCount(status.index.files.indexed)} files`,
    statusLabel(status.training.status, output.palette),
    answering(status, output.palette),
    status.project.isAway
      ? warn(`${oneLine(status.project.path)} (not there)`)
      : quiet(oneLine(status.project.path)),
  ]);
  output.lines(renderTable(rows, { align: ['left', 'left', 'right'] }));
}

/** What answers: an adapter with the base that it is on, or the base model alone. */
function answering({ adapter, project }: StatusObject, { good, quiet }: Palette): string {
  if (!adapter.promoted) return quiet('base model');
  const base = isAbsolute(project.baseModel) ? basename(project.baseModel) : project.baseModel;
  return `${good(`adapter ${adapter.version}`)} ${quiet(`on ${oneLine(base)}`)}`;
}
