import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropElfSymbols } from './drop-elf-symbols.js';
import { lockedPackage } from './lockfile.js';
import type { NativeSource, Platform } from './platforms.js';
import { repository } from './repository.js';

/**
 * Lays out the native parts of a platform in a folder. What npm has not installed here, for it is of another platform,
 * is fetched in the version that package-lock.json asks for, and held against its checksum there.
 * @param folder becomes lancedb/, llama/ and onnxruntime/ with their files
 */
export function collectNativeParts(platform: Platform, folder: string): void {
  for (const source of platform.native) {
    const from = join(packageFolder(source.package), source.from);
    const to = join(folder, source.to);
    mkdirSync(to, { recursive: true });
    for (const name of filesToTake(from, source)) {
      writeFileSync(join(to, name), dropElfSymbols(readFileSync(join(from, name))));
    }
  }
}

function filesToTake(folder: string, { without = [] }: NativeSource): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !without.includes(entry.name))
    .map(({ name }) => name);
}

const fetched = new Map<string, string>();

/** Where a package's files lie on this machine; fetched when npm has not installed it. */
export function packageFolder(name: string): string {
  const installed = join(repository, 'node_modules', name);
  if (existsSync(join(installed, 'package.json'))) return installed;
  const folder = fetched.get(name) ?? fetchPackage(name);
  fetched.set(name, folder);
  return folder;
}

function fetchPackage(name: string): string {
  const { version, integrity } = lockedPackage(name);
  const folder = mkdtempSync(join(tmpdir(), 'gardener-native-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--ignore-scripts'], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball of ${name}`);
  const sum = createHash('sha512')
    .update(readFileSync(join(folder, tarball)))
    .digest('base64');
  if (`sha512-${sum}` !== integrity) {
    throw new Error(`${name}@${version} is not what package-lock.json knows: its checksum is sha512-${sum}`);
  }
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  return join(folder, 'package');
}
