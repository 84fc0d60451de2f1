import { mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import { withLock } from './files/file-lock.js';
import { readJson, readJsonIfPresent, writeJson } from './files/json-state.js';
import type { GardenPaths } from './files/paths.js';
import { randomId } from './files/random-id.js';
import { type ProjectRecord, projectRecordSchema } from './project-record.js';

const PROJECT_ID = /^[a-z2-7]{10,32}$/;
/** Folders on their way out: renamed first, so that a command killed half-way leaves no half project. */
const REMOVED_PREFIX = '.removed-';

const activeProjectSchema = z.object({ schemaVersion: z.literal(1), projectId: z.string() });

/** A project whose record cannot be read; its other files are untouched. */
export interface ProjectProblem {
  id: string;
  directory: string;
  error: GardenerError;
}

/** What `Registry.add` needs. */
export interface NewProject {
  /** Defaults to the folder's own name. */
  name?: string | undefined;
  path: string;
  baseModel: string;
}

/** What may change in a record. */
export type ProjectPatch = Partial<Omit<ProjectRecord, 'schemaVersion' | 'id' | 'createdAt'>>;

/** The projects of one data directory: one record file each. Safe to use from several processes. */
export class Registry {
  readonly #paths: GardenPaths;

  constructor(paths: GardenPaths) {
    this.#paths = paths;
  }

  /** The projects whose record can be read, by name. See `problems` for the others. */
  async list(): Promise<ProjectRecord[]> {
    return (await this.#scan()).projects;
  }

  /** The projects whose record is damaged or gone. */
  async problems(): Promise<ProjectProblem[]> {
    return (await this.#scan()).problems;
  }

  /**
   * The project with this id, else with this name, else at this path.
   *
   * @throws garden.unknown-project; garden.damaged-file when it is the id of one whose record cannot be read
   */
  async get(idOrNameOrPath: string): Promise<ProjectRecord> {
    const { projects, problems } = await this.#scan();
    const found = await resolveProject(projects, idOrNameOrPath);
    if (found) return found;
    const problem = problems.find((candidate) => candidate.id === idOrNameOrPath);
    throw problem?.error ?? unknownProject(idOrNameOrPath, projects);
  }

  /**
   * Registers the codebase at `path` and makes its folder.
   *
   * @throws garden.path-missing, garden.path-not-a-directory, garden.path-unreadable,
   * garden.path-is-data-directory, garden.bad-name,
   *   garden.project-exists (details: id, name), garden.name-taken (details: path of the other)
   */
  async add(project: NewProject): Promise<ProjectRecord> {
    const path = await codebasePath(project.path);
    if (path === (await realpath(this.#paths.root).catch(() => null))) throw isDataDirectory(path);
    const name = checkedName(project.name ?? (basename(path) || 'root'));
    return this.#locked(async () => {
      const { projects } = await this.#scan();
      const same = projects.find((other) => other.path === path);
      if (same) throw projectExists(same);
      refuseTakenName(projects, name, null);
      const record: ProjectRecord = {
        schemaVersion: 1,
        id: randomId(),
        name,
        path,
        baseModel: project.baseModel,
        createdAt: new Date().toISOString(),
        trainingStatus: 'not_started',
        trainingReason: null,
        promotedAdapter: null,
      };
      await this.#create(record);
      return record;
    });
  }

  /** Changes a record and returns the new one. Throws like `get`, and garden.name-taken, garden.bad-name. */
  async update(id: string, patch: ProjectPatch): Promise<ProjectRecord> {
    return this.#locked(async () => {
      const { projects, problems } = await this.#scan();
      const old = projects.find((candidate) => candidate.id === id);
      if (!old) throw problems.find((problem) => problem.id === id)?.error ?? unknownProject(id, projects);
      if (patch.name !== undefined) refuseTakenName(projects, checkedName(patch.name), id);
      const record = projectRecordSchema.parse({ ...old, ...patch, id: old.id, createdAt: old.createdAt });
      await writeJson(this.#paths.projectFile(id), record);
      return record;
    });
  }

  /**
   * Deletes all that is kept of a project: its folder (record, index, adapters, runs, conversations), its locks, and
   * the embedding cache, which knows texts by hash and so cannot tell whose they are; other projects need it only to be
   * rebuilt faster. The codebase itself is not touched. Takes id, name or path, and the id of a project whose record is
   * damaged. Cancel its runs first.
   */
  async remove(idOrNameOrPath: string): Promise<void> {
    await this.#locked(async () => {
      const { projects, problems } = await this.#scan();
      const id =
        (await resolveProject(projects, idOrNameOrPath))?.id ??
        problems.find((problem) => problem.id === idOrNameOrPath)?.id;
      if (id === undefined) throw unknownProject(idOrNameOrPath, projects);
      const leaving = join(this.#paths.projects, `${REMOVED_PREFIX}${id}`);
      try {
        await rename(this.#paths.project(id), leaving);
        if ((await this.#activeId()) === id) await rm(this.#paths.activeProjectFile, { force: true });
        await this.#sweepRemoved();
        await rm(this.#paths.embeddingCache, { recursive: true, force: true, maxRetries: 10 });
        await this.#removeLocks(id);
      } catch (error) {
        throw asFilesystemError(error, this.#paths.project(id), 'delete');
      }
    });
  }

  /** The active project, or null when none is set or it has been removed. */
  async active(): Promise<ProjectRecord | null> {
    const id = await this.#activeId();
    if (id === null) return null;
    return (await this.list()).find((project) => project.id === id) ?? null;
  }

  /** Makes a project the active one. Throws like `get`. */
  async setActive(idOrNameOrPath: string): Promise<ProjectRecord> {
    const project = await this.get(idOrNameOrPath);
    await this.#locked(() =>
      writeJson(this.#paths.activeProjectFile, { schemaVersion: 1, projectId: project.id }),
    );
    return project;
  }

  async #activeId(): Promise<string | null> {
    return (await readJsonIfPresent(this.#paths.activeProjectFile, activeProjectSchema))?.projectId ?? null;
  }

  #locked<T>(fn: () => Promise<T>): Promise<T> {
    return withLock(this.#paths.lockFile('registry'), fn);
  }

  /** Under another name first: a folder without a record would count as damaged if this is killed in between. */
  async #create(record: ProjectRecord): Promise<void> {
    const directory = this.#paths.project(record.id);
    const forming = join(this.#paths.projects, `${REMOVED_PREFIX}${record.id}`);
    try {
      await mkdir(forming, { recursive: true });
      await writeJson(join(forming, 'project.json'), record);
      await rename(forming, directory);
    } catch (error) {
      await rm(forming, { recursive: true, force: true }).catch(() => undefined);
      throw asFilesystemError(error, directory, 'write');
    }
  }

  async #sweepRemoved(): Promise<void> {
    for (const name of await readdir(this.#paths.projects)) {
      if (!name.startsWith(REMOVED_PREFIX)) continue;
      await rm(join(this.#paths.projects, name), { recursive: true, force: true, maxRetries: 10 });
    }
  }

  /**
   * Locks that killed commands left. Ids are random and never used again, so a name that holds one is this project's.
   */
  async #removeLocks(id: string): Promise<void> {
    for (const name of await readdir(this.#paths.locks)) {
      if (name.includes(id)) await rm(join(this.#paths.locks, name), { recursive: true, force: true });
    }
  }

  async #scan(): Promise<{ projects: ProjectRecord[]; problems: ProjectProblem[] }> {
    const projects: ProjectRecord[] = [];
    const problems: ProjectProblem[] = [];
    for (const id of await projectIds(this.#paths.projects)) {
      try {
        projects.push(await readJson(this.#paths.projectFile(id), projectRecordSchema));
      } catch (error) {
        if (!(await stillThere(this.#paths.project(id)))) continue;
        problems.push({
          id,
          directory: this.#paths.project(id),
          error: await asProblem(error, this.#paths, id),
        });
      }
    }
    projects.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { projects, problems };
  }
}

async function projectIds(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && PROJECT_ID.test(entry.name))
      .map((entry) => entry.name);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asFilesystemError(error, directory, 'read');
  }
}

/** A project removed by another process while we read is no problem. */
async function stillThere(directory: string): Promise<boolean> {
  return stat(directory).then(
    () => true,
    () => false,
  );
}

/** A record set aside by an earlier command is still the same damage: say where it lies. */
async function asProblem(error: unknown, paths: GardenPaths, id: string): Promise<GardenerError> {
  if (GardenerError.isInstance(error) && error.code === 'garden.damaged-file') {
    const { file, setAside } = error.details as { file: string; setAside: string | null };
    return damagedProject(id, file, setAside, error.message);
  }
  if (GardenerError.isInstance(error) && error.code !== 'garden.file-missing') return error;
  const file = paths.projectFile(id);
  const names = await readdir(paths.project(id)).catch((): string[] => []);
  const last = names
    .filter((name) => name.startsWith('project.json.damaged-'))
    .sort()
    .at(-1);
  const setAside = last === undefined ? null : join(paths.project(id), last);
  const where = setAside === null ? '' : `; a damaged one was set aside as ${setAside}`;
  return damagedProject(id, file, setAside, `The record of project ${id} is missing${where}.`);
}

function damagedProject(id: string, file: string, setAside: string | null, sentence: string): GardenerError {
  return new GardenerError('garden.damaged-file', sentence, {
    remedy:
      setAside === null
        ? `Run \`gardener remove ${id}\`, then add the codebase again.`
        : `Mend ${setAside} and put it back as ${file}, or run \`gardener remove ${id}\` and add the codebase again.`,
    details: { file, setAside, id },
  });
}

async function resolveProject(projects: ProjectRecord[], key: string): Promise<ProjectRecord | undefined> {
  const byIdOrName =
    projects.find((project) => project.id === key) ?? projects.find((project) => project.name === key);
  if (byIdOrName) return byIdOrName;
  const absolute = resolve(key);
  // A codebase that has been deleted or moved is still known by the path it had.
  const real = await realpath(absolute).catch(() => absolute);
  return projects.find((project) => project.path === real || project.path === absolute);
}

function isDataDirectory(path: string): GardenerError {
  return new GardenerError('garden.path-is-data-directory', `${path} is the data directory itself.`, {
    remedy: 'Keep them apart: choose another place with --data-dir or CODEBASE_GARDENER_DATA_DIR.',
  });
}

async function codebasePath(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    const real = await realpath(absolute);
    if (!(await stat(real)).isDirectory()) {
      throw new GardenerError('garden.path-not-a-directory', `${absolute} is not a directory.`, {
        remedy: 'Give the folder that holds the codebase.',
      });
    }
    await readdir(real);
    return real;
  } catch (error) {
    if (GardenerError.isInstance(error)) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new GardenerError('garden.path-missing', `${absolute} does not exist.`, {
        remedy: 'Check the spelling of the path.',
        cause: error,
      });
    }
    throw new GardenerError(
      'garden.path-unreadable',
      `${absolute} cannot be read (${code ?? 'unknown error'}).`,
      {
        remedy: 'Give your user permission to read it.',
        cause: error,
      },
    );
  }
}

function checkedName(name: string): string {
  // Names are printed on terminals: a control character could rewrite what the user sees.
  if (name.trim() === name && name.length > 0 && name.length <= 200 && !/[\p{Cc}/\\]/u.test(name)) {
    return name;
  }
  throw new GardenerError('garden.bad-name', `${JSON.stringify(name)} cannot be a project's name.`, {
    remedy:
      'Give one with --name: 1 to 200 characters, no slashes, no control characters, no spaces at its ends.',
  });
}

function refuseTakenName(projects: ProjectRecord[], name: string, ownId: string | null): void {
  const other = projects.find((project) => project.name === name && project.id !== ownId);
  if (!other) return;
  throw new GardenerError(
    'garden.name-taken',
    `Another project is already called ${JSON.stringify(name)}: ${other.path}.`,
    { remedy: 'Choose another name with --name.', details: { id: other.id, path: other.path } },
  );
}

function projectExists(project: ProjectRecord): GardenerError {
  return new GardenerError(
    'garden.project-exists',
    `${project.path} is already a project, called ${JSON.stringify(project.name)}.`,
    {
      remedy: `Run \`gardener refresh ${project.name}\` to bring it up to date.`,
      details: { id: project.id, name: project.name },
    },
  );
}

function unknownProject(key: string, projects: ProjectRecord[]): GardenerError {
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
