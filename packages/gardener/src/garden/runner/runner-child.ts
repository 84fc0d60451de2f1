// Entry of the detached runner: `node runner-child.js <data directory> <worker entry URL>`; see runner-process.ts.
import { setPriority } from 'node:os';
import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { withLock } from '../files/file-lock.js';
import { writeJson } from '../files/json-state.js';
import { GardenPaths } from '../files/paths.js';
import { runnerFile, runnerLock, runQueue } from './run-queue.js';
import { readRunner } from './runner-process.js';

const [root, entry] = process.argv.slice(2);
if (root === undefined || entry === undefined)
  throw new Error('usage: runner-child <data directory> <worker entry>');
const paths = new GardenPaths(root);

try {
  // Set in this thread, the one that starts children: on Linux niceness belongs to a thread, and a child takes it from
  // the thread that forks it.
  setPriority(19);
} catch {
  // Some sandboxes forbid it; the work then has normal priority.
}
if (await claimRunner()) await runQueue(paths, { entry: new URL(entry) });

/** False when another runner is alive: the command that started this one was killed before it could say so. */
async function claimRunner(): Promise<boolean> {
  return withLock(runnerLock(paths), async () => {
    const owner = await readRunner(paths);
    const self = await identifyProcess();
    if (owner !== null && owner.pid !== self.pid && (await isProcessAlive(owner))) return false;
    await writeJson(runnerFile(paths), self);
    return true;
  });
}
