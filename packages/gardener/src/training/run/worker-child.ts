// Entry of a run's process: `node worker-child.js <run directory>`, started by the runner. What the runner expects
// of it stands in garden/runner/runner-process.ts.
import { joinRun } from '../../garden/runs/worker-control.js';
import { executeRun } from './execute-run.js';

const [runDirectory] = process.argv.slice(2);
if (runDirectory === undefined) throw new Error('usage: worker-child <run directory>');

const membership = await joinRun(runDirectory);
if (membership !== null) {
  await executeRun(runDirectory, membership);
  membership.leave();
}
// A native thread or a child that does not end must not keep a finished run's process alive.
setTimeout(() => process.exit(), 5_000).unref();
