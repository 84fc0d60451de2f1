// Entry of the process that prepares one run, see `prepareApart`.
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import { prepare } from './pipeline.js';
import type { PrepareProtocol } from './prepare-protocol.js';
import { openRunContext } from './run-context.js';

// A machine that shuts down sends it to every process. The worker gets it too, and cancels the job.
process.on('SIGTERM', () => undefined);

serveJobs<PrepareProtocol>(({ runDirectory }) => ({
  ready: null,
  jobs: { prepare: async (_, { signal }) => prepare(await openRunContext(runDirectory, signal)) },
}));
