import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openGarden } from '../../garden/garden.js';
import { formingFolder } from './import-adapter.js';

it('makes the folder of what comes in only where the project still is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    const garden = await openGarden({ dataDir: join(folder, 'data'), settings: { logLevel: 'silent' } });
    await mkdir(join(folder, 'shop'));
    const { id } = await garden.registry.add({ path: join(folder, 'shop'), baseModel: 'base' });
    const forming = await formingFolder(garden, id);
    expect(dirname(forming)).toBe(garden.paths.adapters(id));
    expect(basename(forming)).toMatch(/^\.forming-import-/);
    await garden.registry.remove(id);
    await expect(formingFolder(garden, id)).rejects.toMatchObject({ code: 'garden.unknown-project' });
    expect(await readdir(garden.paths.projects)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
