import type { Command } from 'commander';
import type { SecretPlace } from '../../codebase/secrets/find-secrets.js';
import type { FileOutcome } from '../../codebase/walk/file-outcome.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';
import { printStatus, serverAddress } from '../views/print-status.js';
import { renderStatus } from '../views/status-view.js';
import { tellProblems } from '../views/tell-problems.js';

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
    .option(
      '--secrets',
      'where secrets stand (path:line, kind and fingerprint, never what): masked, or the file left out',
    )
    .description(
      'How far indexing and training are, which model answers, and the scorecard of the newest adapter that was ' +
        'measured. A failed training says why and what to do.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener status
  $ gardener status shop
  $ gardener status shop --files | grep skipped
  $ gardener status shop --secrets
  $ gardener status shop --json | jq .training.status

What --secrets shows and is no secret is left as it is by a comment gardener:allow-secret on its line, or by its
fingerprint in the setting allowedSecrets; gardener refresh then indexes it.`,
    )
    .action(withSession(status));
}

async function status(session: Session, options: StatusOptions, named?: string): Promise<void> {
  const { garden, output } = session;
  if (options.files || options.secrets) {
    const project = await chooseProject(session, named);
    await (options.secrets ? printSecrets(session, project) : printOutcomes(session, project));
    return;
  }
  if (named !== undefined) {
    await printStatus(session, await garden.registry.get(named));
    return;
  }
  const { projectStatus } = await import('../../projects/project-status.js');
  const { projects, problems } = await garden.registry.read();
  const statuses = await Promise.all(projects.map((project) => projectStatus(garden, project)));
  output.value(statuses);
  tellProblems(session, problems);
  if (statuses.length === 0 && problems.length === 0)
    output.line('No project yet. Add a codebase: gardener add <path>');
  const server = await serverAddress(garden);
  statuses.forEach((one, index) => {
    if (index > 0) output.line();
    output.lines(renderStatus(one, output.palette, server));
  });
}

async function outcomesOf(session: Session, project: ProjectRecord): Promise<FileOutcome[]> {
  const { ProjectIndex } = await import('../../retrieval/index/project-index.js');
  const index = new ProjectIndex(session.garden.paths, project.id);
  session.closeAtEnd(() => index.close());
  return await index.outcomes();
}

async function printOutcomes(session: Session, project: ProjectRecord): Promise<void> {
  const { output } = session;
  const outcomes = await outcomesOf(session, project);
  output.value(outcomes);
  const { quiet, good, bad } = output.palette;
  const style = { indexed: good, skipped: quiet, failed: bad };
  output.lines(
    renderTable(
      outcomes.map(({ outcome, path, reason, isRecovered }) => [
        style[outcome](outcome),
        oneLine(path),
        quiet(oneLine(reason ?? (isRecovered ? 'read around what its grammar does not know' : ''))),
      ]),
    ),
  );
  if (outcomes.length === 0) output.line('Nothing is indexed yet.');
}

/** One place a line; a file that is left out for its name alone was not read, so it has no lines. */
async function printSecrets(session: Session, project: ProjectRecord): Promise<void> {
  const { output } = session;
  const places = (await outcomesOf(session, project)).flatMap(({ path, reason, secrets = [] }) => {
    const isLeftOut = reason === 'secret';
    const known: Partial<SecretPlace>[] = secrets.length === 0 && isLeftOut ? [{}] : secrets;
    return known.map(({ line = null, rule = 'secret-file', fingerprint = null }) => ({
      path,
      line,
      rule,
      fingerprint,
      outcome: isLeftOut ? 'left out' : 'masked',
    }));
  });
  output.value(places);
  const { quiet } = output.palette;
  output.lines(
    renderTable(
      places.map(({ path, line, rule, fingerprint, outcome }) => [
        outcome,
        fingerprint ?? '',
        `${oneLine(path)}${line === null ? '' : `:${line}`}`,
        quiet(oneLine(rule)),
      ]),
    ),
  );
  output.line(
    places.length === 0
      ? 'No secrets were found in the files that are indexed, and no file was left out for them.'
      : `${plural(places.length, 'place')}: neither indexed, nor trained on, nor shown by a search.`,
  );
}
