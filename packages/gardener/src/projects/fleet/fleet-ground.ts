import { basename, dirname, join, sep } from 'node:path';
import { isThere } from '../../garden/files/file-version.js';
import { checkedName, refuseTakenName } from '../../garden/project-name.js';
import type { ProjectRecord } from '../../garden/project-record.js';

type Taken = Pick<ProjectRecord, 'id' | 'name' | 'path'>;

/** The folders and names that projects have, and those of a list that will be projects. */
export class FleetGround {
  readonly #taken: Taken[];

  constructor(private readonly projects: readonly ProjectRecord[]) {
    this.#taken = [...projects];
  }

  /** The project at a path. @param path real, see `codebasePath` */
  projectAt(path: string): ProjectRecord | null {
    return this.projects.find((project) => project.path === path) ?? null;
  }

  /** What a path was taken as, null where it is free. */
  nameOf(path: string): string | null {
    return this.#taken.find((taken) => taken.path === path)?.name ?? null;
  }

  /**
   * Why a folder cannot stand beside those that are taken: one would be read as part of the other, and what one holds
   * out the other would learn. Repositories within repositories are kept apart by git.
   * @returns a sentence, or null when it can
   */
  async overlap(path: string): Promise<string | null> {
    for (const taken of this.#taken) {
      const [outer, inner] = contains(taken.path, path) ? [taken.path, path] : [path, taken.path];
      if (!contains(outer, inner)) continue;
      if ((await isRepository(outer)) && (await isRepository(inner))) continue;
      return outer === path
        ? `It holds the folder of ${taken.name}, ${taken.path}, which would be read twice.`
        : `It lies inside the folder of ${taken.name}, ${taken.path}, and would be read twice.`;
    }
    return null;
  }

  /**
   * Takes a folder under a name: the one wanted, else that of the folder, with its parent's where another project is
   * called so.
   * @throws GardenerError `garden.bad-name`; `garden.name-taken` for a name that was wanted
   */
  take(path: string, wanted: string | null): string {
    const name = wanted === null ? this.#freeName(path) : this.#own(wanted);
    this.#taken.push({ id: '', name, path });
    return name;
  }

  #own(name: string): string {
    refuseTakenName(this.#taken, checkedName(name), null);
    return name;
  }

  #freeName(path: string): string {
    const own = checkedName(basename(path) || 'root');
    if (this.#isFree(own)) return own;
    const parent = basename(dirname(path));
    const longer = parent === '' ? own : `${parent}-${own}`;
    for (let count = 1; ; count++) {
      const name = count === 1 ? longer : `${longer}-${count}`;
      if (this.#isFree(name)) return checkedName(name);
    }
  }

  #isFree(name: string): boolean {
    return this.#taken.every((taken) => taken.name !== name);
  }
}

function contains(outer: string, inner: string): boolean {
  return inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** A checkout has a folder `.git`, a worktree or submodule a file. */
function isRepository(folder: string): Promise<boolean> {
  return isThere(join(folder, '.git'));
}
