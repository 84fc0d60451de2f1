/** A data directory and folders of code beside it, for tests of a fleet. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Garden, openGarden } from '../../garden/garden.js';
import { type AddFleetOptions, addFleet, type FleetOutcome } from './add-fleet.js';
import { readFleetList } from './fleet-list.js';

export interface TestFleet {
  garden: Garden;
  root: string;
  /** Makes folders with a file of code each. @returns their paths */
  code(...folders: string[]): Promise<string[]>;
  /** Writes a file under the root. @returns its path */
  write(file: string, text: string): Promise<string>;
  /** Adds what a file or folder names. */
  add(source: string, options?: Partial<AddFleetOptions>): Promise<FleetOutcome[]>;
  remove(): Promise<void>;
}

export async function makeTestFleet(): Promise<TestFleet> {
  const root = await mkdtemp(join(tmpdir(), 'gardener-fleet-'));
  const garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
  const write = async (file: string, text: string) => {
    const path = join(root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  return {
    ...{ garden, root, write },
    code: async (...folders) => {
      for (const folder of folders) await write(join(folder, 'main.py'), 'def main():\n    return 1\n');
      return folders.map((folder) => join(root, folder));
    },
    add: async (source, options = {}) =>
      addFleet(garden, await readFleetList(source), {
        signal: new AbortController().signal,
        fetchModels: async () => undefined,
        ...options,
      }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
