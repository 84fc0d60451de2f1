import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPython } from './find-python.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-python-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that answers every question as a Python of this version would. */
async function pythonOf(version: string) {
  const command = join(folder, `python${version}`);
  await writeFile(command, `#!/bin/sh\necho ${version.replace('.', ' ')}\n`);
  await chmod(command, 0o755);
  return { command, arguments: [] };
}

test('the first one that is new enough is taken', async () => {
  const found = await findPython([
    { command: join(folder, 'none'), arguments: [] },
    await pythonOf('3.9'),
    await pythonOf('3.12'),
  ]);
  expect(found.command).toBe(join(folder, 'python3.12'));
});

test('none, and only an old one, are two errors that say what to do', async () => {
  await expect(findPython([])).rejects.toMatchObject({ code: 'training.python-missing' });
  await expect(findPython([await pythonOf('3.9')])).rejects.toMatchObject({
    code: 'training.python-too-old',
    message: expect.stringContaining('Python 3.9 is too old'),
    remedy: expect.stringContaining('Python 3.11 or later'),
  });
});
