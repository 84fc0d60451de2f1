import type { ProjectRecord } from '../../garden/project-record.js';
import type { Session } from '../session/session.js';
import { renderStatus } from './status-view.js';

/** Of the server of this data directory that runs, null where none does. */
export async function serverAddress({ paths }: Session['garden']): Promise<string | null> {
  const { runningServer } = await import('../../server/listen/server-file.js');
  return (await runningServer(paths))?.url.replace(/\/$/, '') ?? null;
}

/** Prints the status object of a project: as JSON with `--json`, else as lines unless `onlyJson`. */
export async function printStatus(
  session: Session,
  project: ProjectRecord,
  options: { onlyJson?: boolean } = {},
): Promise<void> {
  const { projectStatus } = await import('../../projects/project-status.js');
  const { garden, output } = session;
  if (options.onlyJson && !output.isJson) return;
  const status = await projectStatus(garden, await garden.registry.get(project.id));
  output.value(status);
  if (!options.onlyJson) output.lines(renderStatus(status, output.palette, await serverAddress(garden)));
}
