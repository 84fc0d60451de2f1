import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { codebasePath } from './codebase-path.js';
import { asFilesystemError } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import { withLock } from './files/file-lock.js';
import { readJsonIfPresent, writeJson } from './files/json-state.js';
import type { GardenPaths } from './files/paths.js';
import { randomId } from './files/random-id.js';
import { writeRecord } from './mend-record.js';
import { checkedName, refuseTakenName } from './project-name.js';
import { type ProjectRecord, projectRecordSchema } from './project-record.js';
import { notReadable, type ReadProjects, readProjects } from './read-projects.js';
import { resolveProject, unknownProject } from './resolve-project.js';

/** Folders on their way out: renamed first, so that a command killed half-way leaves no half project. */
const REMOVED_PREFIX = '.removed-';

const activeProjectSchema = z.object({ schemaVersion: z.literal(1), projectId: z.string() });

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

  /** Every project: those whose record can be read, and those whose record is damaged or gone. */
  read(): Promise<ReadProjects> {
    return readProjects(this.#paths);
  }

  /** The projects whose record can be read, by name. See `read` for the others. */
  async list(): Promise<ProjectRecord[]> {
    return (await this.read()).projects;
  }

  /**
   * The project with this id, else with this name, else at this path.
   *
   * @throws GardenerError `garden.unknown-project`; `garden.damaged-file` when it is, or may be, one whose record
   * cannot be read
   */
  async get(idOrNameOrPath: string): Promise<ProjectRecord> {
    const { projects, problems } = await this.read();
    const found = await resolveProject(projects, idOrNameOrPath);
    if (found) return found;
    throw notReadable(problems, idOrNameOrPath) ?? unknownProject(idOrNameOrPath, projects);
  }

  /**
   * Where and as what a codebase would be registered, before anything is written. `add` checks the same again.
   * @throws as `add`
   */
  async checkNew({
    path: given,
    name: wanted,
  }: Omit<NewProject, 'baseModel'>): Promise<{ path: string; name: string }> {
    const path = await codebasePath(this.#paths, given);
    return newPlace((await this.read()).projects, path, wanted);
  }

  /**
   * Registers the codebase at `path` and makes its folder.
   *
   * @throws GardenerError `codebase.path-missing`, `codebase.not-a-directory`, `codebase.unreadable`,
   * `garden.path-is-data-directory`, `garden.bad-name`, `garden.project-exists` (details: id, name),
   * `garden.name-taken` (details: path of the other)
   */
  async add(project: NewProject): Promise<ProjectRecord> {
    const [added] = await this.addAll([project]);
    if (added === undefined || GardenerError.isInstance(added)) throw added;
    return added;
  }

  /**
   * `add` for several, which costs what it costs for one: the projects that there are are read once.
   * @returns for each, in their order, its record or why it was refused
   */
  async addAll(wanted: readonly NewProject[]): Promise<(ProjectRecord | GardenerError)[]> {
    return this.#locked(async () => {
      const known = [...(await this.read()).projects];
      const outcomes: (ProjectRecord | GardenerError)[] = [];
      for (const project of wanted) {
        try {
          const path = await codebasePath(this.#paths, project.path);
          const record = newRecord(project, newPlace(known, path, project.name));
          await this.#create(record);
          known.push(record);
          outcomes.push(record);
        } catch (error) {
          if (!GardenerError.isInstance(error)) throw error;
          outcomes.push(error);
        }
      }
      return outcomes;
    });
  }

  /** Changes a record and returns the new one. Throws like `get`, and garden.name-taken, garden.bad-name. */
  async update(id: string, patch: ProjectPatch): Promise<ProjectRecord> {
    return this.#locked(async () => {
      const { projects, problems } = await this.read();
      const old = projects.find((candidate) => candidate.id === id);
      if (!old) throw notReadable(problems, id) ?? unknownProject(id, projects);
      if (patch.name !== undefined) refuseTakenName(projects, checkedName(patch.name), id);
      const record = projectRecordSchema.parse({ ...old, ...patch, id: old.id, createdAt: old.createdAt });
      await writeRecord(this.#paths.project(id), record);
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
      // What an earlier one left that was killed half-way has no name any more.
      await this.#sweepRemoved();
      const { projects, problems } = await this.read();
      const id =
        (await resolveProject(projects, idOrNameOrPath))?.id ??
        problems.find(({ id, name, path }) => [id, name, path].includes(idOrNameOrPath))?.id;
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
      await writeRecord(forming, record);
      await rename(forming, directory);
    } catch (error) {
      await rm(forming, { recursive: true, force: true }).catch(() => undefined);
      throw asFilesystemError(error, directory, 'write');
    }
  }

  async #sweepRemoved(): Promise<void> {
    for (const name of await readdir(this.#paths.projects).catch((): string[] => [])) {
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
}

/** As what a codebase would be registered beside the projects that there are. @throws as `Registry.add` */
function newPlace(
  projects: readonly ProjectRecord[],
  path: string,
  wanted: string | undefined,
): { path: string; name: string } {
  const name = checkedName(wanted ?? (basename(path) || 'root'));
  const same = projects.find((other) => other.path === path);
  if (same) throw projectExists(same);
  refuseTakenName(projects, name, null);
  return { path, name };
}

function newRecord({ baseModel }: NewProject, { name, path }: { path: string; name: string }): ProjectRecord {
  return {
    schemaVersion: 1,
    id: randomId(),
    name,
    path,
    baseModel,
    createdAt: new Date().toISOString(),
    trainingStatus: 'not_started',
    trainingReason: null,
    promotedAdapter: null,
  };
}

function projectExists(project: ProjectRecord): GardenerError {
  return new GardenerError(
    'garden.project-exists',
    `${project.path} is already a project, called ${JSON.stringify(project.name)}.`,
    {
      remedy: `Run \`gardener refresh ${project.name}\` to bring it up to date, or \`gardener train ${project.name} --base <model>\` for another base.`,
      details: { id: project.id, name: project.name },
    },
  );
}
