import { posix } from 'node:path';
import type { Rule } from '../offence.js';

const MAX_FILES = 15;
// Families of equals: one member is looked up by its name, nobody reads the folder.
const FAMILIES = [
  /^gardener\/src\/cli\/commands$/,
  /^gardener\/src\/codebase\/(.+\/)?queries$/,
  /^gardener\/src\/server\/api$/,
  /^lora\/src\/autodiff\/operators$/,
];

/** A folder holds as many sources of its own as one can keep in mind; tests and fixtures do not count. */
export const folderSize: Rule = (files) => {
  const counts = new Map<string, number>();
  for (const { path, isTest } of files) {
    const folder = posix.dirname(path);
    if (!isTest) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([folder, count]) => count > MAX_FILES && !FAMILIES.some((family) => family.test(folder)))
    .map(([path, count]) => ({ path, line: 1, what: `${count} files, more than ${MAX_FILES}` }));
};
