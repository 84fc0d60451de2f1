// Entry of the process that mends the symbol graph of one project.
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import type { GraphProtocol } from './graph-protocol.js';
import { mendGraph } from './mend-graph.js';

// Ctrl-C reaches it too; the parent ends the update in order, and this belongs to it.
process.on('SIGINT', () => undefined);

serveJobs<GraphProtocol>(() => ({
  ready: null,
  jobs: {
    mend: async (change) => {
      await mendGraph(change);
      return null;
    },
  },
}));
