import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openRuns, type Run } from '../../packages/gardener/src/garden/runs/runs.js';
import type { FleetOutcome } from '../../packages/gardener/src/projects/fleet/add-fleet.js';
import type { FleetStatus } from '../../packages/gardener/src/projects/fleet/fleet-status.js';
import type { RayCluster } from '../../packages/gardener/src/training/places/ray/ray-cluster.fixture.js';
import { defaultBaseModelFile, embeddingModelDirectory } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { watchMemory } from '../pipeline/family-memory.js';
import { GardenerCommand } from '../pipeline/gardener-command.js';
import { breakCluster, type Fault, trainAtRay } from './at-ray.js';
import { FLEET_CODEBASES } from './codebases.js';
import { type MeasuredRun, measuredRun } from './measured-run.js';
import { paperFor } from './paper.js';

/** Of each training. */
const BUDGET_SECONDS = Number(process.env.BENCH_BUDGET_SECONDS ?? 40);
const PARALLEL = process.env.BENCH_PARALLEL ?? '2';
/** Another base than the default one: a GGUF file. */
const BASE = process.env.BENCH_BASE;
/** Kept, with its data directory, where it is named. */
const WORK = process.env.BENCH_WORK;
/** The program `ray` of an environment with Ray: all train there, at two workers of its own. */
const RAY = process.env.BENCH_RAY;
/** What the paper is computed for. */
const PAPER = { codebases: 1_000, budgetMinutes: 20 };

/**
 * The built command line with twelve codebases: `fleet add`, `fleet train` with a few side by side, one worker that is
 * killed while it trains, `fleet status` until all have ended. One JSON object a codebase, then the summary with the
 * paper for a thousand.
 */
async function main(): Promise<void> {
  const work = WORK ?? (await mkdtemp(join(tmpdir(), 'gardener-fleet-')));
  const cluster = RAY === undefined ? null : await trainAtRay(RAY);
  try {
    // Often enough that the killed one has something to go on from.
    process.env.CODEBASE_GARDENER_CHECKPOINT_EVERY_MS ??= '1000';
    await embeddingModelDirectory();
    const baseModelBytes = (await stat(BASE ?? (await defaultBaseModelFile()))).size;
    const list = join(work, 'repositories.txt');
    const lines = FLEET_CODEBASES.map((codebase) => `"${fetchCodebase(codebase)}" as ${codebase.name}`);
    writeFileSync(list, `# twelve small codebases\n${lines.join('\n')}\n`);
    const gardener = new GardenerCommand(join(work, 'data'));
    const base = BASE === undefined ? [] : ['--base', BASE];
    const [added, addSeconds] = await timed(() =>
      gardener.value<FleetOutcome[]>('fleet', 'add', list, ...base),
    );
    const { rows, wallSeconds, killed, faults, memoryBytes } = await train(gardener, cluster);
    const [status, statusSeconds] = await timed(() => gardener.value<FleetStatus>('fleet', 'status'));
    for (const row of rows) print(row);
    const whole = rows.filter((row) => row.status === 'completed');
    const paper = paperFor(whole, PAPER.codebases, {
      ...PAPER,
      budgetSeconds: BUDGET_SECONDS,
      baseModelBytes,
    });
    print({
      base: BASE ?? 'smollm2-135m-instruct',
      codebases: added.length,
      added: added.filter(({ state }) => state === 'added').length,
      budgetSeconds: BUDGET_SECONDS,
      ...{ parallel: Number(PARALLEL), place: cluster === null ? 'local' : 'ray', faults },
      ...{ addSeconds, wallSeconds, statusSeconds, killed, peakMemoryBytes: memoryBytes },
      ...{ totals: status.totals, paper },
    });
  } finally {
    await cluster?.[Symbol.asyncDispose]();
    if (WORK === undefined) await rm(work, { recursive: true, force: true });
  }
}

/** Trains all, kills one worker on the way, and reads what came of it. */
async function train(
  gardener: GardenerCommand,
  cluster: RayCluster | null,
): Promise<{
  rows: MeasuredRun[];
  wallSeconds: number;
  killed: { project: string; step: number; ended: string } | null;
  faults: Fault[];
  memoryBytes: number;
}> {
  const done = new AbortController();
  const memory = watchMemory(gardener.dataDir, async () => null, done.signal);
  const budget = ['--budget', `${BUDGET_SECONDS}s`, '--parallel', PARALLEL, '--no-wait'];
  let killed: { run: Run; step: number } | null = null;
  let faults: Promise<Fault[]> | null = null;
  const [status, wallSeconds] = await timed(async () => {
    await gardener.value('fleet', 'train', ...budget);
    for (;;) {
      const runs = await openRuns(gardener.paths);
      if (runs.length === 0) return gardener.value<FleetStatus>('fleet', 'status');
      killed ??= killOne(runs);
      if (cluster !== null) faults ??= breakCluster(cluster, gardener.paths);
      await delay(500);
    }
  });
  done.abort();
  const rows = [];
  for (const row of status.projects) rows.push(await measuredRun(gardener.paths, row));
  return {
    ...{ rows, wallSeconds, memoryBytes: (await memory).all, faults: (await faults) ?? [] },
    killed: killed === null ? null : toldOf(killed, status),
  };
}

/** Kills the worker of the first run that has a checkpoint after its first step. */
function killOne(runs: readonly Run[]): { run: Run; step: number } | null {
  const run = runs.find(
    ({ state }) => state.workerPid !== null && state.status === 'training' && (state.checkpointStep ?? 0) > 0,
  );
  if (run?.state.workerPid == null) return null;
  process.kill(run.state.workerPid, 'SIGKILL');
  return { run, step: run.state.step };
}

function toldOf({ run, step }: { run: Run; step: number }, { projects }: FleetStatus) {
  const row = projects.find(({ project }) => project.id === run.description.projectId);
  return { project: row?.project.name ?? '', step, ended: row?.run?.status ?? '' };
}

async function timed<T>(work: () => Promise<T>): Promise<[value: T, seconds: number]> {
  const start = performance.now();
  const value = await work();
  return [value, (performance.now() - start) / 1_000];
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
