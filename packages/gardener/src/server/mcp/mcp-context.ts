import type { Assistant } from '../../chat/assistant.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { findProject } from '../lookup/find-project.js';

/** What the tools work with. */
export interface McpContext {
  garden: Garden;
  assistant: Assistant;
  version: string;
  /** Aborts what is under way: the client has gone, or the server ends. */
  signal: AbortSignal;
  /** Takes a place for an answer, and gives it back with the function returned. Throws when too many are under way. */
  takePlace: () => () => void;
}

/**
 * The project that a tool is about: the one named, else the active one, else the only one.
 * @throws GardenerError `garden.unknown-project`, `server.no-project`
 */
export async function projectFor(garden: Garden, named: string | undefined): Promise<ProjectRecord> {
  if (named !== undefined && named !== '') return findProject(garden, named);
  const active = await garden.registry.active();
  if (active !== null) return active;
  const projects = await garden.registry.list();
  if (projects.length === 1 && projects[0] !== undefined) return projects[0];
  throw new GardenerError('server.no-project', 'No project is named, and none is active.', {
    remedy:
      projects.length === 0
        ? 'Add a codebase first: gardener add <path>.'
        : `Name one of: ${projects.map(({ name }) => name).join(', ')}.`,
  });
}
