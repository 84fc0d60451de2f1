import { setTimeout as delay } from 'node:timers/promises';
import type { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openRuns } from '../../packages/gardener/src/garden/runs/runs.js';
import {
  type RayCluster,
  startRayCluster,
} from '../../packages/gardener/src/training/places/ray/ray-cluster.fixture.js';

/** What was done to the cluster, and at which second. */
export interface Fault {
  what: 'worker killed' | 'head restarted';
  second: number;
}

/**
 * A Ray of two workers on this machine, at which the commands of this process train from now on.
 * @param ray the program `ray` of its environment
 */
export async function trainAtRay(ray: string): Promise<RayCluster> {
  const cluster = await startRayCluster(ray);
  await cluster.startWorker();
  Object.assign(process.env, {
    CODEBASE_GARDENER_PLACE: 'ray',
    CODEBASE_GARDENER_RAY_ADDRESS: cluster.rayAddress,
    CODEBASE_GARDENER_RAY_TOKEN: cluster.rayToken,
  });
  return cluster;
}

/**
 * Kills a worker of the cluster while something trains there with a checkpoint behind it, and starts another; then the
 * head, with which the workers go, and starts all anew. Ends when both are done, or nothing is under way.
 */
export async function breakCluster(cluster: RayCluster, paths: GardenPaths): Promise<Fault[]> {
  const start = performance.now();
  const faults: Fault[] = [];
  const note = (what: Fault['what']) =>
    faults.push({ what, second: Math.round((performance.now() - start) / 1_000) });
  if (!(await somethingTrains(paths))) return faults;
  note('worker killed');
  await cluster.killWorker();
  await cluster.startWorker();
  if (!(await somethingTrains(paths))) return faults;
  note('head restarted');
  await cluster.restartHead();
  await cluster.startWorker();
  await cluster.startWorker();
  return faults;
}

/** Waits until a run has trained on from a checkpoint. @returns false when none is under way any more */
async function somethingTrains(paths: GardenPaths): Promise<boolean> {
  for (;;) {
    const runs = await openRuns(paths);
    if (runs.length === 0) return false;
    if (runs.some(({ state }) => state.status === 'training' && (state.checkpointStep ?? 0) > 0)) return true;
    await delay(300);
  }
}
