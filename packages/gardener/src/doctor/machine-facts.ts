import { availableParallelism, totalmem } from 'node:os';
import { runProbe } from './probe-process.js';
import type { MachineFacts } from './recommend-base.js';

/**
 * Memory, cores, and how fast this machine multiplies: measured in a process of its own, a second and some.
 * @param measure false leaves the measurement out
 */
export async function machineFacts(measure = true): Promise<MachineFacts> {
  // Without it the recommendation goes by memory and cores; that the module fails is told by its own check.
  const multiplyAddsPerSecond = measure ? await runProbe('speed', null).catch(() => null) : null;
  return { memoryBytes: totalmem(), cores: availableParallelism(), multiplyAddsPerSecond };
}
