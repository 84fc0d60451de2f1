import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openGarden } from './garden.js';
import { entryCommand } from './processes/spawn-entry.js';

const fixture = new URL('./command.fixture.js', import.meta.url);
const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'garden-open-')));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  value?: unknown;
  error?: { code: string; message: string; remedy: string };
}

async function command(args: string[], options: SpawnOptions = {}, wrap: string[] = []): Promise<Answer> {
  const { command: node, args: all } = entryCommand(fixture, args);
  const [program = node, ...first] = [...wrap, node];
  const child = spawn(program, [...first, ...all], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(out) as Answer;
}

test('makes the folders, private to the user, and gives settings, registry and log', async () => {
  const dataDir = join(folder, 'a', 'b');
  await mkdir(join(folder, 'a'));
  const garden = await openGarden({ dataDir, settings: { rank: 4 } });
  expect((await readdir(dataDir)).sort()).toEqual([
    '.gitignore',
    'base_models',
    'data_directory.json',
    'locks',
    'logs',
    'projects',
  ]);
  if (process.platform !== 'win32') expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect(garden.settings).toMatchObject({ rank: 4, alpha: 32 });
  garden.log.info({ token: 'hf_abc', server: { apiKey: 'sk-abc' } }, 'hello');
  garden.log.debug('not at this level');
  const log = await readFile(join(garden.paths.logs, 'gardener.log'), 'utf8');
  expect(JSON.parse(log.split('\n')[0] ?? '')).toMatchObject({ msg: 'hello', level: 30, pid: process.pid });
  expect(log).not.toMatch(/hf_abc|sk-abc|not at this level/);
});

test('a file in the place of the data directory is said as such', async () => {
  const file = join(folder, 'file');
  await writeFile(file, 'x');
  for (const dataDir of [file, join(file, 'below')]) {
    await expect(openGarden({ dataDir })).rejects.toMatchObject({ code: 'garden.data-directory-unusable' });
  }
  expect(await readFile(file, 'utf8')).toBe('x');
});

test('a link that leads nowhere in the place of one of its folders is named', async () => {
  const models = join(folder, 'base_models');
  await symlink(join(folder, 'nowhere'), models);
  await expect(openGarden({ dataDir: folder })).rejects.toMatchObject({
    code: 'garden.data-directory-unusable',
    message: `${models} is not a folder.`,
  });
});

test('damaged settings.json and a newer layout stop the command with a sentence', async () => {
  await writeFile(join(folder, 'settings.json'), '{"rank": ');
  await expect(openGarden({ dataDir: folder })).rejects.toMatchObject({ code: 'garden.damaged-file' });
  await expect(openGarden({ dataDir: folder })).resolves.toBeDefined();
  await writeFile(join(folder, 'data_directory.json'), '{"schemaVersion": 99}');
  await expect(openGarden({ dataDir: folder })).rejects.toMatchObject({ code: 'garden.schema-newer' });
});

test.skipIf(process.platform === 'win32')(
  'a read-only data directory can be read and not changed',
  async () => {
    const dataDir = join(folder, 'data');
    await openGarden({ dataDir });
    // Another user's directory that may be read but not written; root may write everywhere, so the command is nobody's.
    for (const path of [
      folder,
      dataDir,
      ...['base_models', 'projects', 'logs', 'locks'].map((name) => join(dataDir, name)),
    ]) {
      await chmod(path, 0o555);
    }
    const nobody = isRoot ? { uid: 65534, gid: 65534 } : {};
    expect((await command(['open', dataDir], nobody)).value).toBe(dataDir);
    const added = await command(['add', dataDir, '/', 'all'], nobody);
    expect(added.error).toMatchObject({ code: 'garden.permission-denied' });
    const missing = await command(['open', join(folder, 'new')], nobody);
    expect(missing.error).toMatchObject({ code: 'garden.data-directory-read-only' });
    await chmod(dataDir, 0o700);
  },
);

// A mount namespace of its own, with a file system of 256 KiB; needs root.
const SMALL_DISK = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=256k none "$0" && exec "$@"'];
const canMount =
  isRoot && spawnSync(SMALL_DISK[0] ?? '', [...SMALL_DISK.slice(1), '/mnt', 'true']).status === 0;

test.skipIf(!canMount)('a full disk is said as such, and what was there stays', async () => {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const answer = await command(['fill', dataDir, '/'], {}, [...SMALL_DISK, dataDir]);
  expect(answer.value).toEqual({
    update: 'garden.disk-full',
    append: 'garden.disk-full',
    first: 'run-queue',
    same: true,
    cancelled: 'cancelled',
    left: [],
  });
});

test.skipIf(!canMount)('a full disk does not make a data directory one that may only be read', async () => {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const fill = 'head -c 300000 /dev/zero > "$0/filler" 2> /dev/null';
  const full = SMALL_DISK.map((word) =>
    word.replace(' && exec', ` && { ${fill}; exec`).replace(/"\$@"$/, '"$@"; }'),
  );
  const { error } = await command(['open', dataDir], {}, [...full, dataDir]);
  expect(error?.code).toBe('garden.disk-full');
});

test('commands at the same instant on one new data directory', async () => {
  const dataDir = join(folder, 'data');
  const codebases = await Promise.all(['one', 'two'].map((name) => mkdtemp(join(folder, name))));
  const [first, second, third] = await Promise.all([
    command(['add', dataDir, codebases[0] ?? '', 'one']),
    command(['add', dataDir, codebases[0] ?? '', 'one']),
    command(['add', dataDir, codebases[1] ?? '', 'two']),
  ]);
  expect(third?.value).toMatchObject({ name: 'two' });
  // The same codebase twice: one of them made it, the other is told so.
  expect([first, second].filter((answer) => answer?.value)).toHaveLength(1);
  expect([first, second].find((answer) => answer?.error)?.error?.code).toBe('garden.project-exists');
  const { registry } = await openGarden({ dataDir });
  expect((await registry.list()).map((project) => project.name)).toEqual(['one', 'two']);
});
