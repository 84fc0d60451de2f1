import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Where a link that stands in a codebase leads to. */
export interface LinkedFile {
  absolutePath: string;
  /** Relative to the root, forward slashes. */
  path: string;
}

/**
 * The file below `root`, a real path, that a path in it leads to, links followed; null where it leads out, or
 * nowhere.
 */
export function linkedFile(root: string, path: string): LinkedFile | null {
  try {
    const absolutePath = realpathSync(join(root, path));
    const inside = relative(root, absolutePath).split(sep).join('/');
    return inside === '' || inside === '..' || inside.startsWith('../')
      ? null
      : { absolutePath, path: inside };
  } catch {
    return null;
  }
}
