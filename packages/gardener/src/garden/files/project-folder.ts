import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { systemErrorCode } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';
import type { GardenPaths } from './paths.js';

/**
 * Makes a folder in that of a project, and those between; never the project's own, so that one that has been removed
 * does not come back.
 * @throws GardenerError `garden.unknown-project` where the project's folder is not there; the error of the file system
 */
export async function makeProjectFolder(
  paths: GardenPaths,
  projectId: string,
  folder: string,
): Promise<void> {
  let made = paths.project(projectId);
  for (const name of relative(made, folder).split(sep)) {
    made = join(made, name);
    try {
      await mkdir(made);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT') throw removedProject(projectId, error);
      if (code !== 'EEXIST' || !(await stat(made)).isDirectory()) throw error;
    }
  }
}

/**
 * Makes a folder in that of a project and does work that writes to it. What writes there may make the folders above
 * again: where the project was removed meanwhile, they are deleted.
 * @throws GardenerError `garden.unknown-project` where the project is not there, before the work or after it; what
 * `work` throws; the error of the file system
 */
export async function inProjectFolder<T>(
  paths: GardenPaths,
  projectId: string,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const hadRecord = await hasRecord(paths, projectId);
  await makeProjectFolder(paths, projectId, folder);
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (hadRecord && !(await hasRecord(paths, projectId))) {
    const directory = paths.project(projectId);
    const names = await readdir(directory).catch((): string[] => []);
    // A record that a person has moved away leaves more than this folder.
    if (names.every((name) => name === basename(folder)))
      await rm(directory, { recursive: true, force: true, maxRetries: 10 });
    throw removedProject(projectId, 'error' in outcome ? outcome.error : undefined);
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** A damaged record keeps its name when it is set aside, with more behind it. */
async function hasRecord(paths: GardenPaths, projectId: string): Promise<boolean> {
  const record = basename(paths.projectFile(projectId));
  return readdir(paths.project(projectId)).then(
    (names) => names.some((name) => name.startsWith(record)),
    (error: unknown) => systemErrorCode(error) !== 'ENOENT',
  );
}

function removedProject(projectId: string, cause: unknown): GardenerError {
  return new GardenerError('garden.unknown-project', 'The project was removed meanwhile.', {
    remedy: 'Run `gardener list` to see the projects; `gardener add <path>` adds a codebase again.',
    details: { id: projectId },
    cause,
  });
}
