import type { Command } from 'commander';
import { readingSettings } from '../../garden/settings/follow-settings.js';
import type { FollowEvent } from '../../retrieval/index/follow-codebase.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { fetchModel } from '../steps/fetch-models.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';

export function defineWatch(program: Command): void {
  program
    .command('watch')
    .summary('keep the index up to date while you work')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .description(
      'Follow a codebase and bring its index up to date after every edit, checkout or deletion, until Ctrl-C. A burst of ' +
        'changes (git checkout) is one update; what git ignores is not watched. The adapter is left as it is: gardener refresh ' +
        'looks after both.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener watch
  $ gardener watch shop`,
    )
    .action(withSession(watch));
}

async function watch(session: Session, _options: object, named?: string): Promise<void> {
  const { garden, output } = session;
  const project = await chooseProject(session, named);
  const { checkRoot } = await import('../../codebase/walk/check-root.js');
  const root = await checkRoot(project.path);
  const { ProjectIndex } = await import('../../retrieval/index/project-index.js');
  const { startEmbedder } = await import('../../retrieval/embedding/choose-embedder.js');
  const { followCodebase } = await import('../../retrieval/index/follow-codebase.js');
  const index = new ProjectIndex(garden.paths, project.id, garden.settings);
  session.closeAtEnd(() => index.close());
  const embedder = await startEmbedder(garden.settings, (id) => fetchModel(session, id));
  session.closeAtEnd(() => embedder.dispose());

  const stop = new AbortController();
  session.onInterrupt(() => stop.abort());
  const name = oneLine(project.name);
  output.note(`Watching ${name} (${oneLine(root)}). Ctrl-C ends it; the index stays.`);
  const summary = { project: project.id, updates: 0, changedFiles: 0, failures: 0 };
  await followCodebase(root, {
    index,
    embedder,
    signal: stop.signal,
    reading: () => readingSettings(garden),
    except: garden.paths.root,
    onEvent: (event) => {
      if (event.type === 'update-end') {
        summary.updates++;
        summary.changedFiles += event.changed;
      } else if (event.type === 'update-failed') summary.failures++;
      const line = describe(event, summary.updates === 1);
      if (line !== null) output.note(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
    },
  });
  output.value(summary);
}

/** One line for people; null for what is not worth one. */
function describe(event: FollowEvent, isFirst: boolean): string | null {
  switch (event.type) {
    case 'update-start':
      return null;
    case 'update-end': {
      const { manifest, changed, durationMs } = event;
      if (changed === 0 && !isFirst) return null;
      const commit = manifest.commit === null ? '' : ` at ${manifest.commit.slice(0, 8)}`;
      const what = changed === 0 ? 'up to date' : `${plural(changed, 'file')} brought up to date`;
      return `${what} in ${(durationMs / 1000).toFixed(1)} s: ${plural(manifest.chunks, 'chunk')}${commit}`;
    }
    case 'update-failed':
      return `error: ${oneLine(event.error.message)} try: ${oneLine(event.error.remedy)}`;
    case 'away':
      return `${oneLine(event.error.message)} The index is kept; waiting for the folder to come back.`;
    case 'back':
      return 'The folder is back.';
  }
}
