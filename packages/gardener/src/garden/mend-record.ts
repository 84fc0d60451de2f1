import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfPresent, writeJson } from './files/json-state.js';
import type { GardenPaths } from './files/paths.js';
import { type ProjectRecord, projectRecordSchema } from './project-record.js';

/** What is known of a project whose record cannot be read. */
export interface RecordHints {
  name: string | null;
  path: string | null;
}

/** A record that was put together again, or what is known instead. */
export type MendedRecord = { record: ProjectRecord } | { record: null; hints: RecordHints };

/** What a run's description says of its project, see `createRun`. */
const runSchema = z.object({
  createdAt: z.string(),
  project: z.object({ name: z.string(), path: z.string(), baseModel: z.string() }).optional(),
});
const scorecardSchema = z.object({ promoted: z.boolean() });
/** A record has some hundred bytes. */
const MAX_DAMAGED_BYTES = 1 << 20;

/** Writes a project's record, and a second copy of it beside it that it is mended from. */
export async function writeRecord(directory: string, record: ProjectRecord): Promise<void> {
  await writeJson(join(directory, RECORD_FILE), record);
  // The record is the truth; where there is no room for the copy, it will do.
  await writeJson(join(directory, COPY_FILE), record).catch(() => undefined);
}

/**
 * The record of a project whose own is damaged or gone, put together from what lies beside it: its copy, else what can
 * still be read of the damaged file, else what its runs and adapters say. Whoever asks writes it back.
 * @param damagedFile what is left of the record; it need not be there
 * @returns null with what is known, when it does not suffice
 */
export async function mendRecord(paths: GardenPaths, id: string, damagedFile: string): Promise<MendedRecord> {
  const directory = paths.project(id);
  const copy = await readJsonIfPresent(join(directory, COPY_FILE), projectRecordSchema).catch(() => null);
  const found = copy?.id === id ? copy : await puzzledTogether(paths, id, await textOf(damagedFile));
  if ('name' in found && projectRecordSchema.safeParse(found).success) {
    return { record: found as ProjectRecord };
  }
  return { record: null, hints: { name: found.name ?? null, path: found.path ?? null } };
}

const RECORD_FILE = 'project.json';
const COPY_FILE = 'project.copy.json';

async function puzzledTogether(
  paths: GardenPaths,
  id: string,
  damaged: string,
): Promise<Partial<ProjectRecord>> {
  const run = await newestDescribedRun(paths, id);
  const name = fieldOf(damaged, 'name') ?? run?.project?.name;
  const path = fieldOf(damaged, 'path') ?? run?.project?.path;
  const baseModel = fieldOf(damaged, 'baseModel') ?? run?.project?.baseModel;
  return {
    schemaVersion: 1,
    id,
    createdAt: fieldOf(damaged, 'createdAt') ?? run?.createdAt ?? new Date().toISOString(),
    trainingStatus: 'not_started',
    trainingReason: null,
    promotedAdapter: await newestPromoted(paths, id),
    ...(name !== undefined && { name }),
    ...(path !== undefined && { path }),
    ...(baseModel !== undefined && { baseModel }),
  };
}

/** A text field of what may be half of a JSON object. */
function fieldOf(text: string, field: string): string | undefined {
  const [, value] = new RegExp(`"${field}"\\s*:\\s*("(?:[^"\\\\\\n]|\\\\.)+")`).exec(text) ?? [];
  try {
    return value === undefined ? undefined : z.string().parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}

async function newestDescribedRun(paths: GardenPaths, id: string): Promise<z.infer<typeof runSchema> | null> {
  const names = await readdir(paths.training(id)).catch((): string[] => []);
  for (const name of names
    .filter((run) => /^\d/.test(run))
    .sort()
    .reverse()) {
    const file = join(paths.training(id), name, 'run.json');
    const run = await readJsonIfPresent(file, runSchema).catch(() => null);
    if (run?.project !== undefined) return run;
  }
  return null;
}

/** The newest adapter that its gate has let pass. */
async function newestPromoted(paths: GardenPaths, id: string): Promise<number | null> {
  const names = await readdir(paths.adapters(id)).catch((): string[] => []);
  const versions = names.filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  for (const version of versions.sort((a, b) => b - a)) {
    const file = join(paths.adapter(id, version), 'scorecard.json');
    if ((await readJsonIfPresent(file, scorecardSchema).catch(() => null))?.promoted) return version;
  }
  return null;
}

async function textOf(file: string): Promise<string> {
  try {
    const facts = await stat(file);
    return facts.isFile() && facts.size <= MAX_DAMAGED_BYTES ? await readFile(file, 'utf8') : '';
  } catch {
    return '';
  }
}
