import { walkCodebase } from '../../codebase/walk/walk.js';
import { codebasePath } from '../../garden/codebase-path.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import { requireBase } from '../../models/store/require-trainable.js';
import { projectModels } from '../project-models.js';
import { FleetGround } from './fleet-ground.js';
import type { FleetEntry } from './fleet-list.js';

/** What became of one codebase of a list. */
export interface FleetOutcome {
  /** As the list names it, absolute. */
  path: string;
  /** The project's name; null where it was refused. */
  name: string | null;
  /** The project's id; null where it was refused or the list has named it before. */
  id: string | null;
  state: 'added' | 'known' | 'refused';
  /** Why it was refused, or known without being a project before: one sentence. */
  reason: string | null;
  /** Files that will be read; null where nobody has counted. */
  files: number | null;
}

/** What `addFleet` needs. */
export interface AddFleetOptions {
  /** Of the new projects. Defaults to the setting. */
  baseModel?: string | undefined;
  signal: AbortSignal;
  /** Makes sure that these models are on disk; called once, and only when something is to be added. */
  fetchModels: (ids: readonly string[]) => Promise<unknown>;
  /** Called before each codebase is looked at. */
  onProgress?: (done: number, total: number, path: string) => void;
}

/** Projects registered under one lock: other commands wait no longer than for these. */
const ADDED_AT_ONCE = 50;

/**
 * Registers the codebases of a list as projects, in their order; nothing of it is indexed yet. What is there already
 * stays as it is, so a list can be added again after it has grown.
 * @returns what became of each
 * @throws GardenerError `models.*` for the base, what `fetchModels` throws, the signal's reason when aborted: projects
 * that were registered by then stay
 */
export async function addFleet(
  garden: Garden,
  entries: readonly FleetEntry[],
  { baseModel, signal, fetchModels, onProgress }: AddFleetOptions,
): Promise<FleetOutcome[]> {
  const base = requireBase(baseModel ?? garden.settings.baseModel);
  const ground = new FleetGround((await garden.registry.read()).projects);
  const outcomes: FleetOutcome[] = [];
  const fresh: { outcome: FleetOutcome; place: { path: string; name: string } }[] = [];
  for (const [index, entry] of entries.entries()) {
    signal.throwIfAborted();
    onProgress?.(index, entries.length, entry.path);
    const { outcome, place } = await judge(garden, ground, entry, signal);
    outcomes.push(outcome);
    if (place !== null) fresh.push({ outcome, place });
  }
  if (fresh.length > 0) await fetchModels(projectModels(garden.settings, base));
  for (let start = 0; start < fresh.length; start += ADDED_AT_ONCE) {
    signal.throwIfAborted();
    const batch = fresh.slice(start, start + ADDED_AT_ONCE);
    const added = await garden.registry.addAll(batch.map(({ place }) => ({ ...place, baseModel: base })));
    for (const [index, { outcome }] of batch.entries()) settle(outcome, added[index]);
  }
  return outcomes;
}

/** What is to become of an entry; with its place where it is to be added. */
async function judge(
  garden: Garden,
  ground: FleetGround,
  entry: FleetEntry,
  signal: AbortSignal,
): Promise<{ outcome: FleetOutcome; place: { path: string; name: string } | null }> {
  const outcome: FleetOutcome = {
    ...{ path: entry.path, name: null, id: null, state: 'refused', reason: null, files: null },
  };
  const refused = (reason: string) => ({ outcome: { ...outcome, reason }, place: null });
  try {
    const path = await codebasePath(garden.paths, entry.path);
    const project = ground.projectAt(path);
    if (project !== null) {
      const { id, name } = project;
      return { outcome: { ...outcome, id, name, state: 'known' }, place: null };
    }
    const twin = ground.nameOf(path);
    if (twin !== null) {
      const reason = 'The list has named it before.';
      return { outcome: { ...outcome, name: twin, state: 'known', reason }, place: null };
    }
    const overlap = await ground.overlap(path);
    if (overlap !== null) return refused(overlap);
    const { maxFileBytes } = garden.settings;
    const { files } = await walkCodebase(path, { maxFileBytes, signal });
    const name = ground.take(path, entry.name);
    return { outcome: { ...outcome, name, state: 'added', files: files.length }, place: { path, name } };
  } catch (error) {
    signal.throwIfAborted();
    if (!GardenerError.isInstance(error)) throw error;
    const project = ground.projectAt(entry.path);
    if (project === null) return refused(error.message);
    const { id, name } = project;
    return { outcome: { ...outcome, id, name, state: 'known', reason: error.message }, place: null };
  }
}

function settle(outcome: FleetOutcome, added: { id: string } | GardenerError | undefined): void {
  if (added === undefined || GardenerError.isInstance(added)) {
    const reason = added?.message ?? 'It could not be registered.';
    Object.assign(outcome, { name: null, state: 'refused', reason });
  } else outcome.id = added.id;
}
