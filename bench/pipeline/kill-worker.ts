import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunState } from '../../packages/gardener/src/garden/runs/run-state.js';
import type { StatusObject } from '../../packages/gardener/src/projects/project-status.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import type { NamedCodebase } from './codebases.js';
import { GardenerCommand } from './gardener-command.js';

/** How long it took until `gardener status`, asked again and again, said what had happened, ms. */
export interface Latencies {
  /** From kill -9 of the training process to a status that says it was interrupted. */
  interruptionMs: number;
  /** From the kill -9 after which it is not started again to a status with the error. */
  failureMs: number;
  /** The error that status then shows. */
  error: string;
}

/** Kills a training process with kill -9, as often as it is started, and watches what `gardener status` says. */
export async function killWorker(codebase: NamedCodebase): Promise<Latencies> {
  const work = await mkdtemp(join(tmpdir(), 'gardener-pipeline-'));
  const gardener = new GardenerCommand(join(work, 'data'));
  try {
    await gardener.run('add', fetchCodebase(codebase), '--budget', '5m', '--name', 'killed');
    let last = await killNext(gardener, null, ({ step }) => step > 0);
    await statusWhere(gardener, ({ reason }) => reason !== null);
    const interruptionMs = performance.now() - last!.at;
    let killed = last;
    while (killed !== null) {
      last = killed;
      killed = await killNext(gardener, killed.pid, () => true);
    }
    const { training } = await statusWhere(gardener, ({ status }) => status === 'failed');
    return { interruptionMs, failureMs: performance.now() - last!.at, error: training.error!.message };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Kills the next worker once it is `ready`; null where the run has ended before. */
async function killNext(
  gardener: GardenerCommand,
  before: number | null,
  ready: (state: RunState) => boolean,
): Promise<{ pid: number; at: number } | null> {
  for (;;) {
    const state = (await gardener.latestRun())?.state;
    if (state?.finished) return null;
    const pid = state?.workerPid ?? null;
    if (state && pid !== null && pid !== before && ready(state)) {
      process.kill(pid, 'SIGKILL');
      return { pid, at: performance.now() };
    }
    await delay(50);
  }
}

async function statusWhere(
  gardener: GardenerCommand,
  holds: (training: StatusObject['training']) => boolean,
): Promise<StatusObject> {
  for (;;) {
    const { status } = await gardener.run('status', 'killed');
    if (status && holds(status.training)) return status;
  }
}
