import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';

/**
 * The project a command is about: the one named (id, name or path), else the active one, else the only one.
 * @throws GardenerError `garden.unknown-project`; `cli.no-project` when none is named and none can be meant
 */
export async function chooseProject(garden: Garden, named?: string): Promise<ProjectRecord> {
  if (named !== undefined) return garden.registry.get(named);
  const active = await garden.registry.active();
  if (active !== null) return active;
  const projects = await garden.registry.list();
  if (projects.length === 1 && projects[0] !== undefined) return projects[0];
  if (projects.length === 0) {
    throw new GardenerError('cli.no-project', 'There is no project yet.', {
      remedy: 'Add a codebase first: gardener add <path>.',
    });
  }
  throw new GardenerError('cli.no-project', 'No project is active.', {
    remedy: `Name one, or make one active with gardener switch: ${projects.map(({ name }) => name).join(', ')}.`,
  });
}
