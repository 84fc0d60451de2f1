import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './repository.js';

interface LockedPackage {
  version: string;
  /** `sha512-<base64>` of its tarball. */
  integrity: string;
}

/** The version of a package that package-lock.json asks for. @throws Error where it asks for none */
export function lockedPackage(name: string): LockedPackage {
  const lockfile = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Partial<LockedPackage>>;
  };
  const { version, integrity } = lockfile.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new Error(`package-lock.json does not say which version of ${name}`);
  }
  return { version, integrity };
}
