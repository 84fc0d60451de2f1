import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from '../files/file-lock.js';
import { readJson, readJsonIfPresent, writeJson } from '../files/json-state.js';
import { GardenPaths } from '../files/paths.js';
import { randomId } from '../files/random-id.js';
import { type ProjectRecord, projectRecordSchema } from '../project-record.js';
import { FollowedRuns } from './followed-runs.js';
import {
  appendEvent,
  endsTerminally,
  forgetOutcome,
  type RunEvent,
  readOutcome,
  readRunEvents,
} from './run-events.js';
import { RUN_FILES } from './run-files.js';
import { INITIAL_RUN_STATE, type RunState, reduceRun } from './run-state.js';

export {
  appendEvent,
  type RunEvent,
  type RunEventInput,
  readRunEvents,
  sizeOfRunEvents,
} from './run-events.js';
export type { RunState } from './run-state.js';

/** What a run does. */
export const runKindSchema = z.enum(['index', 'train']);

/** See `runKindSchema`. */
export type RunKind = z.infer<typeof runKindSchema>;

/** run.json: what was asked for. Never changed afterwards. */
export const runDescriptionSchema = z.object({
  schemaVersion: z.literal(1),
  /** Begins with the time of creation, so that names sort by age. */
  id: z.string(),
  projectId: z.string(),
  kind: runKindSchema,
  createdAt: z.string(),
  options: z.record(z.string(), z.unknown()),
  /** Its project as it was then: what is left of it when the project's record is lost. */
  project: z
    .object({
      name: z.string(),
      path: z.string(),
      baseModel: z.string(),
      /** Missing in runs of older versions. */
      promotedAdapter: z.number().int().nullable().optional(),
    })
    .optional(),
});

/** See `runDescriptionSchema`. */
export type RunDescription = z.infer<typeof runDescriptionSchema>;

/** A run as it stands. */
export interface Run {
  directory: string;
  description: RunDescription;
  state: RunState;
}

/** What the user wants a run to do. */
export type RunRequest = 'cancel' | 'pause' | 'resume';

const controlSchema = z.object({ request: z.enum(['cancel', 'pause', 'resume']), time: z.string() });
const FORMING_PREFIX = '.forming-';
const RUN_ID = /^\d{8}t\d{9}z-[a-z2-7]{6}$/;

/**
 * Queues a run: makes its directory with run.json and a first run-queue event. Call `ensureRunner` afterwards.
 *
 * @throws garden.run-active (details: run, status) when the project has one that has not ended; garden.unknown-project
 */
export async function createRun(
  paths: GardenPaths,
  projectId: string,
  kind: RunKind,
  options: Record<string, unknown> = {},
): Promise<RunDescription> {
  return withLock(paths.lockFile('runs'), async () => {
    await refuseMissingProject(paths, projectId);
    const project = await projectFacts(paths, projectId);
    const last = await latestRun(paths, projectId);
    if (last && !last.state.finished) throw await runActive(paths, last);
    const description: RunDescription = {
      schemaVersion: 1,
      id: nextRunId((await runIds(paths, projectId)).at(-1)),
      projectId,
      kind,
      createdAt: new Date().toISOString(),
      options,
      ...(project && { project }),
    };
    const forming = join(paths.training(projectId), `${FORMING_PREFIX}${description.id}`);
    const directory = paths.run(projectId, description.id);
    try {
      await mkdir(forming, { recursive: true });
      await writeJson(join(forming, RUN_FILES.description), description);
      await writeFile(join(forming, RUN_FILES.events), '', { flag: 'wx' });
      await appendEvent(forming, { type: 'run-queue' });
      await rename(forming, directory);
    } catch (error) {
      await rm(forming, { recursive: true, force: true }).catch(() => undefined);
      throw asFilesystemError(error, directory, 'write');
    }
    return description;
  });
}

/** run.json of a run directory. */
export async function readRunDescription(runDir: string): Promise<RunDescription> {
  return readJson(join(runDir, RUN_FILES.description), runDescriptionSchema);
}

/** Where a run directory belongs: a worker is given nothing else. */
export function locateRun(runDir: string): { paths: GardenPaths; projectId: string; runId: string } {
  const project = dirname(dirname(resolve(runDir)));
  return {
    paths: new GardenPaths(dirname(dirname(project))),
    projectId: basename(project),
    runId: basename(runDir),
  };
}

/** All events of a run, reduced. What was read before is not read again. */
export async function readRunState(runDir: string): Promise<RunState> {
  return { ...(await followedRuns.read(runDir)) };
}

/** Keeps a run's state up to date by reading only what was added to its events. */
export class RunFollower {
  #nextByte = 0;
  state: RunState = { ...INITIAL_RUN_STATE };

  constructor(readonly runDir: string) {}

  /** Where the next event begins. */
  get nextByte(): number {
    return this.#nextByte;
  }

  /** Reads on; calls `onEvent` for each new event. Throws garden.file-missing once the run has been removed. */
  async refresh(onEvent?: (event: RunEvent) => void): Promise<RunState> {
    for (;;) {
      const { events, nextByte } = await readRunEvents(this.runDir, this.#nextByte);
      if (nextByte === this.#nextByte) return this.state;
      this.#nextByte = nextByte;
      this.state = reduceRun(events, this.state);
      if (onEvent) for (const event of events) onEvent(event);
    }
  }
}

const followedRuns = new FollowedRuns((runDir) => new RunFollower(runDir));

/**
 * The newest run of a project, of `kind` if given, or null. A run whose description is damaged is passed over.
 * @param readState how its state is read. Defaults to `readRunState`
 */
export async function latestRun(
  paths: GardenPaths,
  projectId: string,
  kind?: RunKind,
  readState: (runDir: string) => Promise<RunState> = readRunState,
): Promise<Run | null> {
  for (const id of (await runIds(paths, projectId)).reverse()) {
    const directory = paths.run(projectId, id);
    const description = await describe(directory);
    if (description === null || (kind !== undefined && description.kind !== kind)) continue;
    return { directory, description, state: await readState(directory) };
  }
  return null;
}

/** The run `id` of a project; null when the id is none or there is no such run. */
export async function findRun(paths: GardenPaths, projectId: string, id: string): Promise<Run | null> {
  if (!isRunId(id)) return null;
  const directory = paths.run(projectId, id);
  try {
    return {
      directory,
      description: await readRunDescription(directory),
      state: await readRunState(directory),
    };
  } catch (error) {
    if (GardenerError.isInstance(error) && error.code === 'garden.file-missing') return null;
    throw error;
  }
}

/** The runs of all projects that have not ended, oldest first. A project has at most one. */
export async function openRuns(paths: GardenPaths): Promise<Run[]> {
  const runs: Run[] = [];
  for (const projectId of await folderNames(paths.projects)) {
    if (projectId.startsWith('.')) continue;
    const last = (await runIds(paths, projectId)).at(-1);
    if (last === undefined || (await endsTerminally(paths.run(projectId, last)))) continue;
    try {
      const run = await latestRun(paths, projectId);
      if (run && !run.state.finished && !(await endAgain(run))) runs.push(run);
    } catch (error) {
      // Removed while we looked.
      if (!GardenerError.isInstance(error) || error.code !== 'garden.file-missing') throw error;
    }
  }
  return runs.sort((a, b) => (a.description.id < b.description.id ? -1 : 1));
}

/** Ends a run once more whose events no longer say that it has ended: part of them was lost. */
async function endAgain({ directory }: Run): Promise<boolean> {
  const outcome = await readOutcome(directory);
  if (outcome === null) return false;
  await appendEvent(directory, outcome);
  return true;
}

/**
 * Takes a failed run up again; call `ensureRunner` afterwards. False when it is not its project's newest or has not
 * failed.
 * @param reason one sentence for its status. Defaults to none
 * @throws garden.disk-full, garden.permission-denied
 */
export async function reopenRun(
  paths: GardenPaths,
  { directory, description }: Pick<Run, 'directory' | 'description'>,
  reason?: string,
): Promise<boolean> {
  return withLock(paths.lockFile('runs'), async () => {
    const newest = await latestRun(paths, description.projectId);
    if (newest?.description.id !== description.id || newest.state.status !== 'failed') return false;
    await forgetOutcome(directory);
    await rm(join(directory, RUN_FILES.control), { force: true });
    await appendEvent(directory, { type: 'run-resume', ...(reason !== undefined && { reason }) });
    return true;
  });
}

/** Leaves a wish in control.json for the worker and the runner; a cancel is final. See also `cancelRun`. */
export async function requestControl(runDir: string, request: RunRequest): Promise<void> {
  if (request !== 'cancel' && (await readControl(runDir)) === 'cancel') return;
  await writeJson(join(runDir, RUN_FILES.control), { request, time: new Date().toISOString() });
}

/** The last wish, or null when there is none or it cannot be read. */
export async function readControl(runDir: string): Promise<RunRequest | null> {
  try {
    return (await readJsonIfPresent(join(runDir, RUN_FILES.control), controlSchema))?.request ?? null;
  } catch {
    return null;
  }
}

async function describe(directory: string): Promise<RunDescription | null> {
  try {
    return await readRunDescription(directory);
  } catch (error) {
    const code = GardenerError.isInstance(error) ? error.code : null;
    if (code === 'garden.damaged-file' || code === 'garden.file-missing') return null;
    throw error;
  }
}

/** Whether a name has the form of a run's id. */
function isRunId(name: string): boolean {
  return RUN_ID.test(name);
}

/** Ids of the runs of a project, oldest first. */
export async function runIds(paths: GardenPaths, projectId: string): Promise<string[]> {
  return (await folderNames(paths.training(projectId))).filter(isRunId).sort();
}

async function folderNames(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asFilesystemError(error, directory, 'read');
  }
}

/** `20261123t182027123z-abcdef`; later than `last` also when the clock has been set back. */
function nextRunId(last: string | undefined): string {
  const stamp = (time: number) => `${new Date(time).toISOString().replace(/[-:.]/g, '').toLowerCase()}`;
  const lastTime = last === undefined ? 0 : timeOf(last);
  return `${stamp(Math.max(Date.now(), lastTime + 1))}-${randomId(6)}`;
}

function timeOf(id: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)(\d{3})z/.exec(id) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`) || 0;
}

async function refuseMissingProject(paths: GardenPaths, projectId: string): Promise<void> {
  try {
    await stat(paths.project(projectId));
  } catch (error) {
    throw new GardenerError('garden.unknown-project', `There is no project ${JSON.stringify(projectId)}.`, {
      remedy: 'Run `gardener list` to see the projects.',
      cause: error,
    });
  }
}

/** The name of a project for sentences; its id where the record cannot be read. */
export async function projectName(paths: GardenPaths, projectId: string): Promise<string> {
  return (await projectFacts(paths, projectId))?.name ?? projectId;
}

async function projectFacts(
  paths: GardenPaths,
  projectId: string,
): Promise<Pick<ProjectRecord, 'name' | 'path' | 'baseModel' | 'promotedAdapter'> | null> {
  const record = await readJson(paths.projectFile(projectId), projectRecordSchema).catch(() => null);
  if (record === null) return null;
  const { name, path, baseModel, promotedAdapter } = record;
  return { name, path, baseModel, promotedAdapter };
}

async function runActive(paths: GardenPaths, run: Run): Promise<GardenerError> {
  const name = await projectName(paths, run.description.projectId);
  const doing = run.description.kind === 'train' ? 'Training' : 'Indexing';
  return new GardenerError('garden.run-active', `${doing} of ${name} is already ${run.state.status}.`, {
    remedy: `Watch it with \`gardener status ${name}\`, or end it with \`gardener cancel ${name}\`.`,
    details: { run: run.description.id, status: run.state.status },
    retryable: true,
  });
}
