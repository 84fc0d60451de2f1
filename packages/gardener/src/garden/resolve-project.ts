import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GardenerError } from './errors/garden-error.js';
import type { ProjectRecord } from './project-record.js';

/** The project with this id, else with this name, else at this path. */
export async function resolveProject(
  projects: readonly ProjectRecord[],
  key: string,
): Promise<ProjectRecord | undefined> {
  const byIdOrName =
    projects.find((project) => project.id === key) ?? projects.find((project) => project.name === key);
  if (byIdOrName) return byIdOrName;
  const absolute = resolve(key);
  // A codebase that has been deleted or moved is still known by the path it had.
  const real = await realpath(absolute).catch(() => absolute);
  return projects.find((project) => project.path === real || project.path === absolute);
}

/** Names the projects that there are. */
export function unknownProject(key: string, projects: readonly ProjectRecord[]): GardenerError {
  const names = projects.map((project) => project.name);
  const known = names.length === 0 ? 'There are none yet.' : `Known: ${names.slice(0, 10).join(', ')}.`;
  return new GardenerError('garden.unknown-project', `There is no project ${JSON.stringify(key)}.`, {
    remedy:
      names.length === 0
        ? 'Run `gardener add <path>` first.'
        : `${known} Add a codebase with \`gardener add <path>\`.`,
    details: { known: names },
  });
}
