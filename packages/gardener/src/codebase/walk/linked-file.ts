import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gardenerRules } from './gardener-ignore.js';
import { prunedFolder } from './path-rules.js';

/** Where a link that stands in a codebase leads to. */
export interface LinkedFile {
  absolutePath: string;
  /** Relative to the root, forward slashes. */
  path: string;
}

/**
 * The file below `root`, a real path, that a path in it leads to, links followed; null where it leads out, or nowhere,
 * or to what no link may bring in: a file that a .gardenerignore names, or one of a version control or a cache. What
 * only git ignores may be the store of a folder of links.
 */
export function linkedFile(root: string, path: string): LinkedFile | null {
  try {
    const absolutePath = realpathSync(join(root, path));
    const inside = relative(root, absolutePath).split(sep).join('/');
    if (inside === '' || inside === '..' || inside.startsWith('../')) return null;
    return inside !== path && isLeftOut(root, inside) ? null : { absolutePath, path: inside };
  } catch {
    return null;
  }
}

function isLeftOut(root: string, path: string): boolean {
  const folders = path.split('/').slice(0, -1);
  return (
    folders.some((name) => prunedFolder(name) === 'ignored') || gardenerRules(root, [path]).ignores(path)
  );
}
