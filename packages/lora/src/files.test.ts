import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegularFile, readRegularFile } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('reads a file, also through a link, and none that is too large', async () => {
  await writeFile(join(folder, 'file'), 'words');
  await symlink(join(folder, 'file'), join(folder, 'link'));
  expect((await readRegularFile(join(folder, 'link'), 5)).toString()).toBe('words');
  await expect(readRegularFile(join(folder, 'file'), 4)).rejects.toMatchObject({ code: 'EFBIG' });
  await expect(openRegularFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it.skipIf(process.platform === 'win32')('refuses at once what may never end or never begin', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const special of [join(folder, 'pipe'), '/dev/zero']) {
    await expect(openRegularFile(special)).rejects.toMatchObject({ code: 'EINVAL' });
  }
  await expect(openRegularFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
});
