import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';

const tokenFile = (paths: GardenPaths) => join(paths.root, 'server_token');

/**
 * The token of this data directory: made at the first need, readable by this user only, kept so
 * that clients can keep it too.
 */
export async function serverToken(paths: GardenPaths): Promise<string> {
  const file = tokenFile(paths);
  try {
    const token = randomBytes(32).toString('base64url');
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw asFilesystemError(error, file, 'write');
  }
  const known = await readFile(file, 'utf8').catch((error: unknown) => {
    throw asFilesystemError(error, file, 'read');
  });
  if (/^[\w-]{32,200}$/.test(known.trim())) return known.trim();
  // Cut off while it was written, or changed by hand to something weak.
  const token = randomBytes(32).toString('base64url');
  await writeFile(file, `${token}\n`, { mode: 0o600 }).catch((error: unknown) => {
    throw asFilesystemError(error, file, 'write');
  });
  return token;
}
