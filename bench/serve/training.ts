import { setTimeout as delay } from 'node:timers/promises';
import type { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { cancelRun } from '../../packages/gardener/src/garden/runner/runner-process.js';
import { latestRun } from '../../packages/gardener/src/garden/runs/runs.js';

/** A training that goes on beside the load, started and ended as a user would. */
export interface TrainingBeside {
  projectId: string;
  runId: string;
}

/** Adds a codebase through the server, which indexes and trains it until it is cancelled. */
export async function beginTraining(url: string, path: string, seconds: number): Promise<TrainingBeside> {
  const response = await fetch(`${url}/api/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // Longer than the load: it is cancelled at its end.
    body: JSON.stringify({ path, name: 'trained', budgetMs: Math.max(60, 2 * seconds) * 1_000 }),
  });
  const { project, run } = (await response.json()) as { project: { id: string }; run: { id: string } };
  return { projectId: project.id, runId: run.id };
}

/** Cancels it, and tells how far it came. */
export async function endTraining(paths: GardenPaths, { projectId }: TrainingBeside) {
  const run = await latestRun(paths, projectId);
  if (run !== null && !run.state.finished) await cancelRun(paths, run);
  for (let n = 0; n < 120; n++) {
    const now = await latestRun(paths, projectId);
    if (now === null || now.state.finished) break;
    await delay(500);
  }
  const { status, step, tokensPerSecond } = (await latestRun(paths, projectId))?.state ?? {};
  return { status, step, tokensPerSecond };
}
