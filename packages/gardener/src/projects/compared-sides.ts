import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { runIds } from '../garden/runs/runs.js';
import { readAdapterManifest } from '../training/adapters/adapter-manifest.js';
import { adapterVersions, runOf } from '../training/adapters/adapter-store.js';
import { type DataManifest, seenFiles } from '../training/data/data-manifest.js';
import { RunDirectory } from '../training/run-directory/run-directory.js';

/** Fewer files that an adapter has not seen say nothing about it. */
const MIN_FILES = 3;

/** An adapter that is compared beside its base. */
export interface ComparedAdapter {
  version: number;
  /** Id of the base that it was trained on. */
  base: string;
}

/** What of a project is compared, and on which files. */
export interface ComparedSides {
  /** Paths of the sides of the run that trained last; null where there was none: the code has to be split. */
  sides: { heldOut: string[]; train: string[] } | null;
  /** At most one for each base. */
  adapters: ComparedAdapter[];
  /** By base: why its adapter is left out, one sentence. */
  leftOut: Map<string, string>;
}

/**
 * Chooses the held-out files and the adapters. The files are those of the run that trained last, less what any of the
 * adapters has learned from or was chosen by: an adapter of an earlier run may know what is held out now. One that
 * knows nearly all of it is left out instead.
 */
export async function chooseSides(garden: Garden, project: ProjectRecord): Promise<ComparedSides> {
  const last = await lastData(garden, project);
  const candidates = await adapterOfEachBase(garden, project);
  const adapters: ComparedAdapter[] = [];
  const leftOut = new Map<string, string>();
  let heldOut = last?.heldOut.files ?? [];
  for (const adapter of candidates) {
    const data = await dataOf(garden, project, adapter.version);
    if (data === null || last === null) {
      leftOut.set(adapter.base, `What adapter ${adapter.version} was trained on is not known here.`);
      continue;
    }
    const seen = seenFiles(data);
    const unseen = heldOut.filter((path) => !seen.has(path));
    // Where there are very few files in all, they are as good for this adapter as for the others.
    if (unseen.length < Math.min(MIN_FILES, heldOut.length)) {
      leftOut.set(adapter.base, `Adapter ${adapter.version} was trained on files that are held out now.`);
      continue;
    }
    heldOut = unseen;
    adapters.push(adapter);
  }
  return { sides: last && { heldOut, train: last.train.files }, adapters, leftOut };
}

/** The adapter that answers where it fits, else the newest one, for each base that has any; that one comes first. */
async function adapterOfEachBase(
  { paths }: Garden,
  { id, promotedAdapter }: ProjectRecord,
): Promise<ComparedAdapter[]> {
  const versions = (await adapterVersions(paths, id)).sort((a, b) =>
    a === promotedAdapter ? -1 : b === promotedAdapter ? 1 : b - a,
  );
  const byBase = new Map<string, ComparedAdapter>();
  for (const version of versions) {
    const manifest = await readAdapterManifest(paths.adapter(id, version)).catch(() => null);
    const base = manifest?.base.name;
    if (base !== undefined && !byBase.has(base)) byBase.set(base, { version, base });
  }
  return [...byBase.values()];
}

async function dataOf(
  { paths }: Garden,
  { id }: ProjectRecord,
  version: number,
): Promise<DataManifest | null> {
  const runId = await runOf(paths, id, version);
  if (runId === null) return null;
  return new RunDirectory(paths.run(id, runId)).readDataManifest().catch(() => null);
}

/** What the run that came far enough last has trained on and held out. */
async function lastData({ paths }: Garden, { id }: ProjectRecord): Promise<DataManifest | null> {
  for (const runId of (await runIds(paths, id)).reverse()) {
    const manifest = await new RunDirectory(paths.run(id, runId)).readDataManifest().catch(() => null);
    if (manifest !== null) return manifest;
  }
  return null;
}
