import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** A tarball that was made. */
export interface Tarball {
  path: string;
  /** Bytes to download, and on disk when installed. */
  packedBytes: number;
  unpackedBytes: number;
}

/**
 * Makes the tarball of a folder with a package.json, as npm would publish it.
 * @param to folder it goes into
 * @param name file name, else the one npm gives it
 */
export function makeTarball(folder: string, to: string, name?: string): Tarball {
  mkdirSync(to, { recursive: true });
  const told = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const packed = Object.values(
    JSON.parse(told) as Record<string, { filename: string; size: number; unpackedSize: number }>,
  )[0];
  if (packed === undefined) throw new Error(`npm pack says nothing about ${folder}`);
  const path = join(to, name ?? packed.filename);
  if (name !== undefined) renameSync(join(to, packed.filename), path);
  return { path, packedBytes: packed.size, unpackedBytes: packed.unpackedSize };
}
