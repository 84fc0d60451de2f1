import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { benchCache } from './bench-cache.js';
import type { Codebase } from './codebases.js';

/**
 * The folders of a codebase on disk; fetched with pip, npm or apt-get by name and version the
 * first time, kept after that.
 * @throws Error when the package cannot be had, e.g. a Debian version that this machine's release does not have
 */
export function fetchCodebase(codebase: Omit<Codebase, 'use'>): string {
  const target = join(benchCache, 'codebases', `${codebase.name}-${codebase.version}`);
  if (existsSync(target)) return target;
  const work = mkdtempSync(join(tmpdir(), 'bench-fetch-'));
  try {
    const unpacked = join(work, 'unpacked');
    mkdirSync(unpacked);
    unpack(codebase, work, unpacked);
    const staged = join(work, 'staged');
    for (const folder of codebase.folders) {
      const from = join(unpacked, folder);
      if (!existsSync(from)) throw new Error(`${codebase.name} has no folder ${folder}`);
      cpSync(from, join(staged, folder), { recursive: true });
    }
    mkdirSync(dirname(target), { recursive: true });
    cpSync(staged, `${target}.part`, { recursive: true });
    renameSync(`${target}.part`, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpack(
  { name, version, registry }: Pick<Codebase, 'name' | 'version' | 'registry'>,
  work: string,
  unpacked: string,
): void {
  const run = (program: string, args: string[]) =>
    execFileSync(program, args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
  const fetched = (extension: string) =>
    join(work, readdirSync(work).find((file) => file.endsWith(extension))!);
  if (registry === 'npm') {
    run('npm', ['pack', '--silent', `${name}@${version}`]);
    run('tar', ['xzf', fetched('.tgz'), '-C', unpacked, '--strip-components=1']);
  } else if (registry === 'pip') {
    run('python3', [
      '-m',
      'pip',
      'download',
      '-q',
      '--no-deps',
      '--only-binary',
      ':all:',
      `${name}==${version}`,
    ]);
    run('python3', ['-m', 'zipfile', '-e', fetched('.whl'), unpacked]);
  } else {
    const download = () => run('apt-get', ['download', '-qq', `${name}=${version}`]);
    try {
      download();
    } catch {
      // The lists of a fresh machine are as old as its image.
      run('apt-get', ['update', '-qq']);
      download();
    }
    run('dpkg-deb', ['-x', fetched('.deb'), unpacked]);
  }
}
