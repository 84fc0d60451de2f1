import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { notReadable } from '../../garden/read-projects.js';

/**
 * The project with this id, else with this name; never by path, since a request must not ask about folders.
 * @throws GardenerError `garden.unknown-project`; `garden.damaged-file` for one that is, or may be, one whose record
 * cannot be read
 */
export async function findProject(garden: Garden, key: string): Promise<ProjectRecord> {
  const { projects, problems } = await garden.registry.read();
  const found = projects.find(({ id }) => id === key) ?? projects.find(({ name }) => name === key);
  if (found !== undefined) return found;
  const problem = notReadable(problems, key);
  if (problem !== null) throw problem;
  throw new GardenerError('garden.unknown-project', `There is no project ${JSON.stringify(key)}.`, {
    remedy: 'GET /api/projects lists them; `gardener add <path>` adds one.',
  });
}

/**
 * The project that a request is about: the one named, else the active one, else the only one.
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
