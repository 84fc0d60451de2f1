import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { readJson } from '../files/json-state.js';
import type { GardenPaths } from '../files/paths.js';
import { Registry } from '../registry.js';
import { endsTerminally } from '../runs/run-events.js';
import { RUN_FILES } from '../runs/run-files.js';
import { latestRun, type Run, runIds } from '../runs/runs.js';
import { bytesOnDisk } from './disk-usage.js';

/** Adapters of a project that stay, whichever is promoted. */
const KEPT_ADAPTERS = 2;
/** Folders on their way out, and folders being put together: left behind only by a command that was killed. */
export const REMOVED_PREFIX = '.removed-';
const FORMING_PREFIX = '.forming-';
/** As `writeJson` names the file that it writes first. */
const TEMPORARY = /\.[a-z2-7]{12}\.tmp$/;
const IN_USE_MS = 10 * 60_000;
const ORDER = ['leftover', 'checkpoint', 'cache', 'adapter', 'run', 'log'] as const;

/** Something that may be deleted when space is short: nothing depends on it. */
export interface SpareItem {
  /** In the order in which they go. */
  kind: (typeof ORDER)[number];
  /** Absolute. */
  path: string;
  bytes: number;
  /** For people: `adapter 3 of shop`. */
  label: string;
}

const adapterManifestSchema = z.object({ settings: z.object({ runId: z.string() }) });

/**
 * What may go when the disk is short, in the order in which it should: what killed commands left, checkpoints of
 * ended runs (but not of a newest one that has failed: it can be taken up), the embedding cache (used longest ago
 * first), adapters that are neither promoted nor among the newest two, ended runs that made none of the adapters kept,
 * old logs. Nothing of a project whose run is under way or whose record cannot be read.
 */
export async function findSpare(paths: GardenPaths): Promise<SpareItem[]> {
  const items = [
    ...(await spareCache(paths)),
    ...(await leftovers(paths.projects)),
    ...(await leftFiles(paths)),
  ];
  for (const project of await new Registry(paths).list()) {
    const newest = await latestRun(paths, project.id);
    if (newest !== null && !newest.state.finished) continue;
    for (const parent of [paths.adapters(project.id), paths.training(project.id)]) {
      items.push(...(await leftovers(parent)));
    }
    const old = await oldAdapters(paths, project.id, project.promotedAdapter);
    for (const version of old) {
      const label = `adapter ${version} of ${project.name}`;
      items.push(await measured('adapter', paths.adapter(project.id, version), label));
    }
    items.push(...(await spareOfRuns(paths, project, old, newest)));
  }
  items.push(...(await spareLogs(paths)));
  // The sort is stable: within a kind the oldest stays first.
  return items.filter(({ bytes }) => bytes > 0).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/**
 * Whether an item can still be spared, asked under the lock of those who could begin to need it.
 * @returns null for what nobody begins to need
 */
export function neededMeanwhile(
  paths: GardenPaths,
  { kind, path }: SpareItem,
): { lock: string; isSpare: () => Promise<boolean> } | null {
  const [projectId = ''] = relative(paths.projects, path).split(sep);
  if (kind === 'adapter') {
    const isSpare = async () => {
      const project = await new Registry(paths).get(projectId).catch(() => null);
      return project !== null && project.promotedAdapter !== Number(basename(path));
    };
    return { lock: paths.lockFile('registry'), isSpare };
  }
  if (kind !== 'run' && kind !== 'checkpoint') return null;
  const directory = kind === 'run' ? path : dirname(path);
  return { lock: paths.lockFile('runs'), isSpare: () => endsTerminally(directory) };
}

async function oldAdapters(
  paths: GardenPaths,
  projectId: string,
  promoted: number | null,
): Promise<number[]> {
  return (await versionsOf(paths, projectId)).slice(0, -KEPT_ADAPTERS).filter((n) => n !== promoted);
}

async function spareOfRuns(
  paths: GardenPaths,
  { id, name }: { id: string; name: string },
  oldVersions: readonly number[],
  newest: Run | null,
): Promise<SpareItem[]> {
  const needed = await neededRuns(paths, id, oldVersions);
  needed.add(newest?.description.id);
  const resumable = newest?.state.status === 'failed' ? newest.description.id : null;
  const items: SpareItem[] = [];
  for (const runId of await runIds(paths, id)) {
    const directory = paths.run(id, runId);
    if (!(await endsTerminally(directory))) continue;
    const label = `run ${runId} of ${name}`;
    if (!needed.has(runId)) items.push(await measured('run', directory, label));
    // `gardener resume` takes it up where it ended.
    if (runId === resumable) continue;
    for (const part of [RUN_FILES.checkpoint, RUN_FILES.output]) {
      items.push(await measured('checkpoint', join(directory, part), `${part} of ${label}`));
    }
  }
  return items;
}

/** The training that status reads, and runs whose held-out data an adapter that stays is measured on. */
async function neededRuns(
  paths: GardenPaths,
  projectId: string,
  oldVersions: readonly number[],
): Promise<Set<string | undefined>> {
  const needed = new Set<string | undefined>();
  needed.add((await latestRun(paths, projectId, 'train'))?.description.id);
  for (const version of await versionsOf(paths, projectId)) {
    if (oldVersions.includes(version)) continue;
    const file = join(paths.adapter(projectId, version), 'manifest.json');
    needed.add((await readJson(file, adapterManifestSchema).catch(() => null))?.settings.runId);
  }
  return needed;
}

async function versionsOf(paths: GardenPaths, projectId: string): Promise<number[]> {
  const names = await readdir(paths.adapters(projectId)).catch((): string[] => []);
  return names
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Folders that nobody has written into for a while: one that is being filled is somebody's work. */
async function leftovers(parent: string): Promise<SpareItem[]> {
  const names = await readdir(parent).catch((): string[] => []);
  const items: SpareItem[] = [];
  for (const name of names) {
    const path = join(parent, name);
    if (!name.startsWith(REMOVED_PREFIX) && !name.startsWith(FORMING_PREFIX)) continue;
    if (await isInUse(path)) continue;
    items.push(await measured('leftover', path, 'what a killed command left'));
  }
  return items;
}

/** Whether a file, or anything in a folder, was written a moment ago. */
async function isInUse(path: string): Promise<boolean> {
  const below = await readdir(path, { recursive: true }).catch((): string[] => []);
  for (const name of ['', ...below]) {
    const facts = await stat(join(path, name)).catch(() => null);
    if (facts !== null && Date.now() - facts.mtimeMs < IN_USE_MS) return true;
  }
  return false;
}

/** Temporary files of writers that were killed, wherever they wrote; one in use is no older than a moment. */
async function leftFiles(paths: GardenPaths): Promise<SpareItem[]> {
  const entries = await readdir(paths.root, { recursive: true, withFileTypes: true }).catch(() => []);
  const items: SpareItem[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !TEMPORARY.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if (await isInUse(path)) continue;
    items.push(await measured('leftover', path, 'what a killed command left'));
  }
  return items;
}

async function spareCache(paths: GardenPaths): Promise<SpareItem[]> {
  const labelOf = (path: string) =>
    path.startsWith(paths.modelCopies) ? 'a copy of a model, faster here' : 'cached embeddings';
  const files = await readdir(paths.cache, { recursive: true, withFileTypes: true }).catch(() => []);
  const aged = await Promise.all(
    files
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const usedMs = (await stat(path).catch(() => null))?.mtimeMs ?? 0;
        return { usedMs, item: await measured('cache', path, labelOf(path)) };
      }),
  );
  return aged.sort((a, b) => a.usedMs - b.usedMs).map(({ item }) => item);
}

async function spareLogs(paths: GardenPaths): Promise<SpareItem[]> {
  const names = await readdir(paths.logs).catch((): string[] => []);
  const old = names
    .filter((name) => /\.log\.\d+$/.test(name))
    .sort()
    .reverse();
  return Promise.all(old.map((name) => measured('log', join(paths.logs, name), `the old log ${name}`)));
}

async function measured(kind: SpareItem['kind'], path: string, label: string): Promise<SpareItem> {
  return { kind, path, bytes: await bytesOnDisk(path), label };
}
