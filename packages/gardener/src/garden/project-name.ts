import { GardenerError } from './errors/garden-error.js';
import type { ProjectRecord } from './project-record.js';

/** The name, if a project may have it. @throws GardenerError `garden.bad-name` */
export function checkedName(name: string): string {
  // Names are printed on terminals: a control character could rewrite what the user sees.
  if (name.trim() === name && name.length > 0 && name.length <= 200 && !/[\p{Cc}/\\]/u.test(name)) {
    return name;
  }
  throw new GardenerError('garden.bad-name', `${JSON.stringify(name)} cannot be a project's name.`, {
    remedy:
      'Give one with --name: 1 to 200 characters, no slashes, no control characters, no spaces at its ends.',
  });
}

/**
 * Names are unique in a data directory.
 * @param ownId of the project that is renamed; null for a new one
 * @throws GardenerError `garden.name-taken` (details: id, path of the other)
 */
export function refuseTakenName(
  projects: readonly Pick<ProjectRecord, 'id' | 'name' | 'path'>[],
  name: string,
  ownId: string | null,
): void {
  const other = projects.find((project) => project.name === name && project.id !== ownId);
  if (!other) return;
  throw new GardenerError(
    'garden.name-taken',
    `Another project is already called ${JSON.stringify(name)}: ${other.path}.`,
    { remedy: 'Choose another name with --name.', details: { id: other.id, path: other.path } },
  );
}
