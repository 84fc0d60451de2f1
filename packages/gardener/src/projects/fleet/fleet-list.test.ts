import { mkdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestFleet, type TestFleet } from './fleet.fixture.js';
import { readFleetList } from './fleet-list.js';

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await makeTestFleet();
});
afterEach(() => fleet.remove());

const read = async (text: string) => readFleetList(await fleet.write('lists/all.txt', text));
const code = async (source: string) =>
  readFleetList(source).then(
    () => null,
    (error: { code: string; remedy: string }) => (error.remedy === '' ? 'no remedy' : error.code),
  );

describe('a file', () => {
  it('names a path a line, from its own folder, and perhaps a name; comments and empty lines are none', async () => {
    const entries = await read(
      '\uFEFF# the team\r\n\r\n/srv/shop\r\n../billing as invoices   # since May\n~/code\n  c#/app  \n"/srv/good as gold" as gold\n#/srv/old\n',
    );
    expect(entries).toEqual([
      { path: '/srv/shop', name: null, line: 3 },
      { path: join(fleet.root, 'billing'), name: 'invoices', line: 4 },
      { path: join(homedir(), 'code'), name: null, line: 5 },
      { path: join(fleet.root, 'lists', 'c#', 'app'), name: null, line: 6 },
      { path: '/srv/good as gold', name: 'gold', line: 7 },
    ]);
  });

  it('that names nothing is refused', async () => {
    for (const text of ['', '\n\n', '# only a comment\n  # and another one\n'])
      expect(await code(await fleet.write('empty.txt', text)), JSON.stringify(text)).toBe(
        'garden.fleet-empty',
      );
  });

  it('that is none, is no text, or is too large is refused', async () => {
    expect(await code(join(fleet.root, 'nowhere.txt'))).toBe('garden.fleet-missing');
    expect(await code('')).toBe('garden.fleet-missing');
    expect(await code(await fleet.write('a.bin', 'a\0b'))).toBe('garden.fleet-unreadable');
    expect(await code(await fleet.write('long.txt', 'x'.repeat(6_000)))).toBe('garden.fleet-unreadable');
    expect(await code(await fleet.write('large.txt', 'path\n'.repeat(250_000)))).toBe(
      'garden.fleet-unreadable',
    );
    expect(await code(await fleet.write('many.txt', 'p\n'.repeat(5_001)))).toBe('garden.fleet-unreadable');
  });

  it('of 500 lines is read', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `/srv/${n}`).join('\n');
    expect(await read(many)).toHaveLength(500);
  });

  // Milliseconds; an expression that tries every split of the spaces takes several times what is allowed.
  it('of hostile lines does not hang', { timeout: 5_000 }, async () => {
    await read(Array.from({ length: 200 }, () => `a${' '.repeat(4_990)}b`).join('\n'));
  });
});

describe('a folder', () => {
  it('means its sub-folders, links to folders too, but no hidden ones', async () => {
    await fleet.code('all/b', 'all/a', 'all/.cache', 'all/node_modules', 'other');
    await fleet.write('all/notes.txt', 'a file');
    await symlink(join(fleet.root, 'other'), join(fleet.root, 'all', 'c'));
    const entries = await readFleetList(join(fleet.root, 'all'));
    expect(entries).toEqual(
      ['a', 'b', 'c'].map((name) => ({ path: join(fleet.root, 'all', name), name: null, line: null })),
    );
  });

  it('that is a repository itself, or holds nothing, is refused', async () => {
    const [repository = ''] = await fleet.code('repository');
    await mkdir(join(repository, '.git'));
    expect(await code(repository)).toBe('garden.fleet-is-codebase');
    await mkdir(join(fleet.root, 'bare'));
    expect(await code(join(fleet.root, 'bare'))).toBe('garden.fleet-empty');
  });
});
