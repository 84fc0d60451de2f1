import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { asFilesystemError, systemErrorCode } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import { fileVersion } from './files/file-version.js';
import { readJson } from './files/json-state.js';
import type { GardenPaths } from './files/paths.js';
import { type MendedRecord, mendRecord, type RecordHints, writeRecord } from './mend-record.js';
import { type ProjectRecord, projectRecordSchema } from './project-record.js';

const PROJECT_ID = /^[a-z2-7]{10,32}$/;

/** A project whose record cannot be read; its other files are untouched. */
export interface ProjectProblem extends RecordHints {
  id: string;
  directory: string;
  error: GardenerError;
}

/** What the folders of all projects say. */
export interface ReadProjects {
  /** Those whose record can be read, by name. */
  projects: ProjectRecord[];
  /** Those whose record is damaged or gone and cannot be put together again. */
  problems: ProjectProblem[];
}

/**
 * The error for a project that was named and is none of those that can be read: that of one whose record cannot be
 * read, when it is that one or may be; null when every record that cannot be read is known to be another's.
 * @param key id, name or path
 */
export function notReadable(problems: readonly ProjectProblem[], key: string): GardenerError | null {
  const same = problems.find(({ id, name, path }) => [id, name, path].includes(key));
  return (same ?? problems.find(({ name }) => name === null))?.error ?? null;
}

/** Reads the record of every project of a data directory; a damaged one is mended where that is possible. */
export async function readProjects(paths: GardenPaths): Promise<ReadProjects> {
  const projects: ProjectRecord[] = [];
  const problems: ProjectProblem[] = [];
  const mended: ProjectRecord[] = [];
  for (const id of await projectIds(paths.projects)) {
    try {
      projects.push(await readRecord(paths.projectFile(id)));
    } catch (error) {
      const directory = paths.project(id);
      if (!(await isThere(directory))) continue;
      const problem = await asProblem(error, paths, id);
      const result = await mend(paths, id, problem);
      if (result.record === null) problems.push({ id, directory, error: problem, ...result.hints });
      else mended.push(result.record);
    }
  }
  for (const found of mended) {
    const record = withOwnName(found, projects);
    projects.push(record);
    // A directory that may only be read has its record in memory.
    await writeRecord(paths.project(record.id), record).catch(() => undefined);
  }
  projects.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { projects, problems };
}

/** Records as they were read, with the writing of their file: hundreds are asked for several times a second. */
const known = new LRUCache<string, { version: string; record: ProjectRecord }>({ max: 5_000 });

/** @throws as `readJson` */
async function readRecord(file: string): Promise<ProjectRecord> {
  const version = await fileVersion(file);
  const kept = known.get(file);
  if (kept !== undefined && kept.version === version) return { ...kept.record };
  const record = await readJson(file, projectRecordSchema);
  if (version !== null) known.set(file, { version, record });
  return { ...record };
}

async function mend(paths: GardenPaths, id: string, { code, details }: GardenerError): Promise<MendedRecord> {
  if (code !== 'garden.damaged-file') return { record: null, hints: { name: null, path: null } };
  const { setAside, file } = details as { setAside: string | null; file: string };
  return mendRecord(paths, id, setAside ?? file);
}

/** A codebase that was added a second time meanwhile may have taken the name. */
function withOwnName(record: ProjectRecord, others: readonly ProjectRecord[]): ProjectRecord {
  const isTaken = others.some(({ name }) => name === record.name);
  return isTaken ? { ...record, name: `${record.name}-${record.id.slice(0, 4)}` } : record;
}

async function projectIds(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && PROJECT_ID.test(entry.name))
      .map((entry) => entry.name);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asFilesystemError(error, directory, 'read');
  }
}

/** A project removed by another process while we read is no problem. */
async function isThere(directory: string): Promise<boolean> {
  return stat(directory).then(
    () => true,
    () => false,
  );
}

/** A record set aside by an earlier command is still the same damage: say where it lies. */
async function asProblem(error: unknown, paths: GardenPaths, id: string): Promise<GardenerError> {
  if (GardenerError.isInstance(error) && error.code === 'garden.damaged-file') {
    const { file, setAside } = error.details as { file: string; setAside: string | null };
    return damagedProject(id, file, setAside, error.message);
  }
  if (GardenerError.isInstance(error) && error.code !== 'garden.file-missing') return error;
  const file = paths.projectFile(id);
  const names = await readdir(paths.project(id)).catch((): string[] => []);
  const last = names
    .filter((name) => name.startsWith('project.json.damaged-'))
    .sort()
    .at(-1);
  const setAside = last === undefined ? null : join(paths.project(id), last);
  const where = setAside === null ? '' : `; a damaged one was set aside as ${setAside}`;
  return damagedProject(id, file, setAside, `The record of project ${id} is missing${where}.`);
}

function damagedProject(id: string, file: string, setAside: string | null, sentence: string): GardenerError {
  return new GardenerError('garden.damaged-file', sentence, {
    remedy:
      setAside === null
        ? `Run \`gardener remove ${id}\`, then add the codebase again.`
        : `Mend ${setAside} and put it back as ${file}, or run \`gardener remove ${id}\` and add the codebase again.`,
    details: { file, setAside, id },
  });
}
