import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { notReadable } from '../../garden/read-projects.js';
import { resolveProject, unknownProject } from '../../garden/resolve-project.js';
import { fleetStatus } from './fleet-status.js';
import { needsTraining } from './train-fleet.js';

/**
 * The projects that are named by id, name or path, each once and in that order; where none is named all of them, or
 * those that need a training.
 * @throws GardenerError `garden.unknown-project`, `garden.damaged-file`; `garden.no-fleet` where there is no project
 */
export async function chooseFleet(
  garden: Garden,
  names: readonly string[],
  meant: 'all' | 'needing',
): Promise<ProjectRecord[]> {
  const { projects, problems } = await garden.registry.read();
  const [problem] = problems;
  if (projects.length === 0 && problem !== undefined) throw problem.error;
  if (projects.length === 0) throw noFleet();
  if (names.length === 0 && meant === 'all') return projects;
  if (names.length === 0) {
    const needing = new Set(
      (await fleetStatus(garden)).projects.filter(needsTraining).map(({ project }) => project.id),
    );
    return projects.filter(({ id }) => needing.has(id));
  }
  const found = new Set<ProjectRecord>();
  for (const name of names) {
    const project = await resolveProject(projects, name);
    if (project === undefined) throw notReadable(problems, name) ?? unknownProject(name, projects);
    found.add(project);
  }
  return [...found];
}

function noFleet(): GardenerError {
  return new GardenerError('garden.no-fleet', 'There is no project yet.', {
    remedy: 'Add codebases first: gardener fleet add <a file that lists them, or a folder>.',
  });
}
