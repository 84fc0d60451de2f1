import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import { IgnoreRules } from './ignore-rules.js';

/** The user's own ignore file: git's syntax, over and above git's rules. */
export const GARDENER_IGNORE = '.gardenerignore';
const MAX_IGNORE_FILE_BYTES = 2 ** 20;

/** The rules of all .gardenerignore files in the folders of the given paths. */
export function gardenerRules(root: string, paths: Iterable<string>): IgnoreRules {
  const folders = new Set<string>(['']);
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.' && !folders.has(folder); folder = dirname(folder))
      folders.add(folder);
  }
  let rules = IgnoreRules.none;
  // Sorted: a folder comes after the folders that hold it, so deeper rules come later.
  for (const folder of [...folders].sort()) {
    const text = readIgnoreFile(join(root, folder, GARDENER_IGNORE));
    if (text !== null) rules = rules.with(folder, text);
  }
  return rules;
}

/** An ignore file's text; null where there is none, or something else than a file of sensible size. */
export function readIgnoreFile(file: string): string | null {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    return stats?.isFile() && stats.size <= MAX_IGNORE_FILE_BYTES ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}
