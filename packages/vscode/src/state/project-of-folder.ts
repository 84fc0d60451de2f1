import type { ProjectView } from '../api/types.js';

/** A folder that is open in the window. */
export interface OpenFolder {
  name: string;
  /** Where it is on the machine of the server; null where that cannot be known, as in a browser. */
  path: string | null;
}

/**
 * The project that a folder belongs to: the one that was chosen for it, else the one whose codebase is this folder,
 * else the innermost codebase around it, else one inside it. Where the folder's place is not known, one of its name.
 * Pure.
 * @param chosen name or id; one that is not there means none, so that nobody is answered from a foreign codebase
 */
export function projectOfFolder(
  projects: readonly ProjectView[],
  folder: OpenFolder,
  chosen: string,
): ProjectView | null {
  if (chosen !== '') {
    return (
      projects.find(({ project }) => project.id === chosen) ??
      projects.find(({ project }) => project.name === chosen) ??
      null
    );
  }
  if (folder.path === null) {
    const named = projects.filter(({ project }) => project.name === folder.name);
    return named.length === 1 ? (named[0] ?? null) : null;
  }
  const path = plain(folder.path);
  const around = projects.filter(({ project }) => isWithin(path, plain(project.path)));
  const inside = projects.filter(({ project }) => isWithin(plain(project.path), path));
  const longest = (views: ProjectView[]) =>
    [...views].sort((a, b) => b.project.path.length - a.project.path.length)[0] ?? null;
  return longest(around) ?? (inside.length === 1 ? (inside[0] ?? null) : null);
}

/**
 * The path of a file as its project's index names it; null for one outside of it. Pure.
 * @param file path of the file, absolute @param root of the codebase
 */
export function pathInProject(file: string, root: string): string | null {
  const [path, above] = [plain(file), plain(root)];
  if (path === above || !isWithin(path, above)) return null;
  // As it is written, not as it is compared.
  return file.replaceAll('\\', '/').slice(above.length + 1);
}

/** With `/`, without one at the end; small letters where a drive says that case does not count. */
function plain(path: string): string {
  const slashed = path.replaceAll('\\', '/').replace(/\/+$/, '');
  return /^[a-z]:/i.test(slashed) ? slashed.toLowerCase() : slashed;
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}
