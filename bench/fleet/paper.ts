import type { MeasuredRun } from './measured-run.js';

/** What a thousand codebases would take, computed from runs that were measured. */
export interface Paper {
  codebases: number;
  budgetMinutes: number;
  /** Hours in which a worker is busy with all of them. */
  workerHours: number;
  /** Wall hours, by the number of workers. */
  hours: Record<string, number>;
  /** Kept on the machine that owns the projects. */
  storageGigabytes: { indexes: number; adapters: number; runs: number; all: number };
  /** To and from workers elsewhere: examples there, an adapter back; the base model once a worker. */
  networkGigabytes: { examples: number; adapters: number; baseModelPerWorker: number };
}

const WORKERS = [1, 2, 8, 32, 100];

/**
 * Computes it from means over the runs. What is beside the budget (reading, indexing, loading) is taken as measured.
 * @param budgetSeconds of the measured runs
 * @param budgetMinutes of each of the thousand
 * @param baseModelBytes what a worker elsewhere fetches once
 */
export function paperFor(
  runs: readonly MeasuredRun[],
  codebases: number,
  {
    budgetSeconds,
    budgetMinutes,
    baseModelBytes,
  }: { budgetSeconds: number; budgetMinutes: number; baseModelBytes: number },
): Paper {
  const mean = (of: (run: MeasuredRun) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const besideSeconds = Math.max(0, mean(({ seconds }) => seconds.all) - budgetSeconds);
  const workerHours = (codebases * (besideSeconds + 60 * budgetMinutes)) / 3_600;
  const gigabytes = (of: (run: MeasuredRun) => number) => (codebases * mean(of)) / 1e9;
  const storage = {
    indexes: gigabytes(({ bytes }) => bytes.index),
    adapters: gigabytes(({ bytes }) => bytes.adapters),
    runs: gigabytes(({ bytes }) => bytes.run),
  };
  return {
    ...{ codebases, budgetMinutes, workerHours },
    hours: Object.fromEntries(WORKERS.map((workers) => [workers, workerHours / workers])),
    storageGigabytes: { ...storage, all: storage.indexes + storage.adapters + storage.runs },
    networkGigabytes: {
      examples: gigabytes(({ bytes }) => bytes.data),
      adapters: storage.adapters,
      baseModelPerWorker: baseModelBytes / 1e9,
    },
  };
}
