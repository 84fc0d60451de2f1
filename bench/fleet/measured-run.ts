import { bytesOnDisk } from '../../packages/gardener/src/garden/disk/disk-usage.js';
import type { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { latestRun, readRunEvents } from '../../packages/gardener/src/garden/runs/runs.js';
import type { FleetRow } from '../../packages/gardener/src/projects/fleet/fleet-row.js';

/** One codebase of the fleet, as it came out. */
export interface MeasuredRun {
  name: string;
  files: number;
  chunks: number;
  status: string;
  verdict: string | null;
  bitsPerByte: { base: number; adapter: number } | null;
  /** Workers that were started for it, and tries that failed. */
  workers: number;
  failures: number;
  steps: number;
  /** Time in which a process worked on it: reading and indexing, base score and training, measuring the adapter. */
  seconds: { preparing: number; training: number; evaluating: number; all: number };
  peakMemoryBytes: number | null;
  /** On disk when it had ended. */
  bytes: { index: number; adapters: number; run: number; data: number };
}

/** Reads what a row of the table came from. */
export async function measuredRun(paths: GardenPaths, row: FleetRow): Promise<MeasuredRun> {
  const { project, index, verdict, bitsPerByte } = row;
  const run = await latestRun(paths, project.id, 'train');
  if (run === null) throw new Error(`${project.name} has no run`);
  const { state, directory } = run;
  return {
    ...{ name: project.name, files: index.files, chunks: index.chunks, status: state.status },
    ...{ verdict, bitsPerByte, workers: state.attempts, failures: state.failures.length, steps: state.step },
    seconds: await secondsOf(directory),
    peakMemoryBytes: state.peakMemoryBytes,
    bytes: {
      index: await bytesOnDisk(paths.index(project.id)),
      adapters: await bytesOnDisk(paths.adapters(project.id)),
      run: await bytesOnDisk(directory),
      data: await bytesOnDisk(`${directory}/data`),
    },
  };
}

const ENDS = new Set([
  'run-queue',
  'run-interrupt',
  'run-pause',
  'run-fail',
  'run-complete',
  'run-not-started',
]);

/** Adds up the stages of all workers of a run; time in which it waited for its turn is none. */
async function secondsOf(directory: string): Promise<MeasuredRun['seconds']> {
  const seconds = { preparing: 0, training: 0, evaluating: 0, all: 0 };
  let stage: 'preparing' | 'training' | 'evaluating' | null = null;
  let since = 0;
  for (let from = 0; ; ) {
    const { events, nextByte } = await readRunEvents(directory, from);
    for (const event of events) {
      const now = Date.parse(event.time);
      const begins =
        event.type === 'run-start' ? 'preparing' : event.type === 'stage-start' ? event.stage : null;
      if (begins === null && !ENDS.has(event.type)) continue;
      if (stage !== null) {
        seconds[stage] += (now - since) / 1_000;
        seconds.all += (now - since) / 1_000;
      }
      stage = begins;
      since = now;
    }
    if (nextByte === from) return seconds;
    from = nextByte;
  }
}
