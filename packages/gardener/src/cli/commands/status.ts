import type { Command } from 'commander';
import type { FileOutcome } from '../../codebase/chunk-types.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { chooseProject } from '../choose-project.js';
import { printStatus } from '../print-status.js';
import { type Session, withSession } from '../session.js';
import { renderStatus } from '../status-view.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

interface StatusOptions {
  files?: boolean;
  secrets?: boolean;
}

export function defineStatus(program: Command): void {
  program
    .command('status')
    .summary('how far it is, which model answers, the scorecard')
    .argument('[project]', 'name, id or path (default: all projects)')
    .option('--files', 'every file that was seen: indexed, skipped or failed, and why')
    .option('--secrets', 'only the files left out because they hold secrets')
    .description(
      'How far indexing and training are, which model answers, and the scorecard of the newest adapter. A failed ' +
        'training says why and what to do.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener status
  $ gardener status shop
  $ gardener status shop --files | grep skipped
  $ gardener status shop --json | jq .training.status`,
    )
    .action(withSession(status));
}

async function status(session: Session, options: StatusOptions, named?: string): Promise<void> {
  const { garden, output } = session;
  if (options.files || options.secrets) {
    await printOutcomes(session, await chooseProject(garden, named), options.secrets === true);
    return;
  }
  if (named !== undefined) {
    await printStatus(session, await garden.registry.get(named));
    return;
  }
  const { projectStatus } = await import('../../training/project-status.js');
  const projects = await garden.registry.list();
  const statuses = await Promise.all(projects.map((project) => projectStatus(garden, project)));
  output.value(statuses);
  if (statuses.length === 0) output.line('No project yet. Add a codebase: gardener add <path>');
  statuses.forEach((one, index) => {
    if (index > 0) output.line();
    output.lines(renderStatus(one, output.palette));
  });
}

async function printOutcomes(session: Session, project: ProjectRecord, onlySecrets: boolean): Promise<void> {
  const { garden, output } = session;
  const { openIndex } = await import('../../retrieval/index.js');
  const index = await openIndex(garden.paths, project.id);
  session.closeAtEnd(() => index.close());
  const all = await index.outcomes();
  const outcomes = onlySecrets ? all.filter(isSecret) : all;
  output.value(outcomes);
  const { quiet, good, bad } = output.palette;
  const style = { indexed: good, skipped: quiet, failed: bad };
  output.lines(
    renderTable(
      outcomes.map(({ outcome, path, reason }) => [
        style[outcome](outcome),
        oneLine(path),
        quiet(oneLine(reason ?? '')),
      ]),
    ),
  );
  if (onlySecrets) {
    output.line(
      outcomes.length === 0
        ? 'No file was left out for holding secrets.'
        : `${plural(outcomes.length, 'file')} left out: neither indexed nor trained on.`,
    );
  } else if (outcomes.length === 0) output.line('Nothing is indexed yet.');
}

function isSecret(outcome: FileOutcome): boolean {
  return outcome.reason?.includes('secret') === true;
}
