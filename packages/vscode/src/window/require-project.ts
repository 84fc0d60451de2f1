import { ApiError } from '../api/api-error.js';
import type { ProjectView } from '../api/types.js';
import type { GardenerWindow } from './gardener-window.js';

/**
 * The project of the folder that is being worked on.
 * @throws ApiError `garden.unknown-project`, `vscode.server-away`
 */
export function requireProject(gardener: GardenerWindow): ProjectView {
  const { project, server } = gardener;
  if (project !== null) return project;
  if (server.state.connection === 'away' && server.state.problem !== null) throw server.state.problem;
  throw new ApiError({
    code: 'garden.unknown-project',
    message: 'This folder belongs to no project.',
    remedy: 'Add this workspace, or choose its project.',
  });
}

/** The address of something of one project. */
export function projectPath(id: string, rest = ''): string {
  return `/api/projects/${encodeURIComponent(id)}${rest}`;
}
