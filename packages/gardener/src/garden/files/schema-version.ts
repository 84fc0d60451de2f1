import { z } from 'zod';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from './file-lock.js';
import { readJsonIfPresent, writeJson } from './json-state.js';
import type { GardenPaths } from './paths.js';

/** The layout of the data directory that this version of Gardener reads and writes. */
export const SCHEMA_VERSION = 1;

/** Brings a data directory from version `from` to `from + 1`. May be run again after it was killed half-way. */
export interface Migration {
  from: number;
  migrate(root: string): Promise<void>;
}

/** One row for each version that has been left behind. */
const MIGRATIONS: readonly Migration[] = [];

const versionFileSchema = z.object({ schemaVersion: z.number().int().min(0) });

/**
 * Makes sure that the data directory has the current layout: writes the version into a new one, migrates an older one
 * step by step (under a lock, the version written after each step), refuses a newer one.
 *
 * @throws garden.schema-newer, garden.schema-too-old, garden.damaged-file
 */
export async function ensureSchemaVersion(
  paths: GardenPaths,
  current: number = SCHEMA_VERSION,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  if ((await versionOf(paths)) === current) return;
  await withLock(paths.lockFile('schema-version'), async () => {
    let version = await versionOf(paths);
    if (version === null) return writeJson(paths.versionFile, { schemaVersion: current });
    if (version > current) throw newer(paths, version, current);
    while (version < current) {
      const from: number = version;
      const step = migrations.find((migration) => migration.from === from);
      if (!step) throw tooOld(paths, from, current);
      await step.migrate(paths.root);
      version = from + 1;
      await writeJson(paths.versionFile, { schemaVersion: version });
    }
  });
}

async function versionOf(paths: GardenPaths): Promise<number | null> {
  return (await readJsonIfPresent(paths.versionFile, versionFileSchema))?.schemaVersion ?? null;
}

function newer(paths: GardenPaths, version: number, current: number): GardenerError {
  return new GardenerError(
    'garden.schema-newer',
    `${paths.root} was written by a newer Gardener (layout ${version}, this one knows up to ${current}).`,
    {
      remedy: 'Update Gardener, or use another data directory with CODEBASE_GARDENER_DATA_DIR.',
      details: { version, current },
    },
  );
}

function tooOld(paths: GardenPaths, version: number, current: number): GardenerError {
  return new GardenerError(
    'garden.schema-too-old',
    `${paths.root} has layout ${version}, which this Gardener (layout ${current}) cannot migrate.`,
    {
      remedy: 'Run an older Gardener once, or use another data directory with CODEBASE_GARDENER_DATA_DIR.',
      details: { version, current },
    },
  );
}
