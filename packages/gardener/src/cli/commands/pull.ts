import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { fetchModels } from '../steps/fetch-models.js';
import { oneLine } from '../terminal/plain-text.js';

interface Options {
  from: string;
  name?: string;
  promote?: boolean;
}

export function definePull(program: Command): void {
  program
    .command('pull')
    .summary('take in an adapter that another machine pushed')
    .argument('<project>', 'name, id or path of a project')
    .requiredOption('--from <place>', 'the folder or s3://<bucket>/<folder> that it was pushed to')
    .option('--name <name>', "what the project is called there (default: the project's name)")
    .option('--promote', 'let it answer from now on')
    .description(
      'Take the adapter that was pushed last for a project as its next version, with its scorecard. Every hash and size ' +
        'is checked, its numbers are written anew, and one for another base model is refused. It answers only once you ' +
        'promote it, or with --promote.',
    )
    .addHelpText(
      'after',
      `
The project needs the base model that the adapter was trained on: the same weights, whatever the file is called.

Examples:
  $ gardener add ~/code/shop --no-train              the same codebase on this machine
  $ gardener pull shop --from /mnt/team/adapters
  $ gardener promote shop 1                          when you want it to answer
  $ gardener pull shop --from /mnt/team/adapters --promote
  $ AWS_PROFILE=team gardener pull shop --from s3://team-models/adapters`,
    )
    .action(withSession(runPull));
}

async function runPull(session: Session, options: Options, named: string): Promise<void> {
  const { garden, output, signal } = session;
  const { openStore, storedName } = await import('../../projects/exchange/open-store.js');
  const { pullAdapter, pushedArtefact } = await import('../../projects/exchange/pull-adapter.js');
  const store = await openStore(options.from);
  const project = await garden.registry.get(named);
  const stored = storedName(options.name ?? project.name);
  // A place that was mistyped is told before a model is fetched.
  await pushedArtefact(store, stored);
  await fetchModels(session, [project.baseModel]);
  session.interruptNote = 'Nothing half is kept. The same command begins again.';
  const progress = output.progress();
  const { artefact, version, isNew } = await pullAdapter(garden, project, {
    ...{ from: store, name: stored, signal },
    onProgress: (label, done, total) => progress.update({ label, done, total }),
  }).finally(() => progress.finish());
  const isPromoted = options.promote === true;
  if (isPromoted) {
    const { promoteAdapter } = await import('../../projects/promote-adapter.js');
    await promoteAdapter(garden, project, version);
  }
  output.value({ place: store.place, name: stored, isNew, version, isPromoted, artefact });
  const name = oneLine(project.name);
  const from = `${oneLine(artefact.project)} ${artefact.version}`;
  output.line(
    isNew
      ? `${output.palette.strong(name)}: pulled as adapter ${version} (${from} where it was pushed). ${verdict(artefact.promoted)}`
      : `${output.palette.strong(name)}: nothing new in ${oneLine(store.place)}; what was pushed last is adapter ${version} here.`,
  );
  if (isPromoted) output.line(`Adapter ${version} answers from now on.`);
  else if (project.promotedAdapter === version) output.line('It answers.');
  else output.line(`It does not answer yet. When you want it to: gardener promote ${name} ${version}`);
}

/** What its gate said where it was trained. */
function verdict(promoted: boolean | null): string {
  if (promoted === null) return 'It was never measured.';
  return promoted ? 'Its gate promoted it there.' : 'Its gate did not promote it there.';
}
