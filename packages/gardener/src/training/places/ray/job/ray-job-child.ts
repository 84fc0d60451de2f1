// Entry of a job's process on a worker of the cluster: `node ray-job-child.js <run directory> <attempt>`.
import { runRayJob } from './ray-job.js';

const [runDirectory, attempt] = process.argv.slice(2);
if (runDirectory === undefined || attempt === undefined)
  throw new Error('usage: ray-job-child <run directory> <attempt>');

// A native thread or a child that does not end must not keep the job's place in the cluster.
process.exit(await runRayJob(runDirectory, Number(attempt)));
