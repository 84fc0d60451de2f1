// Entry of the process that compares bases, see `CompareProtocol`.
import { constants, setPriority } from 'node:os';
import { serveJobs } from '../../../garden/processes/serve-jobs.js';
import type { CompareProtocol } from './compare-protocol.js';
import { findTexts } from './find-texts.js';
import { measureBase } from './measure-base.js';

// A machine that shuts down sends it to every process; the parent gets it too, and cancels the job.
process.on('SIGTERM', () => undefined);
// Nobody waits for it as for an answer.
setPriority(constants.priority.PRIORITY_LOW);

serveJobs<CompareProtocol>(() => ({
  ready: null,
  jobs: {
    texts: (input, { signal, report }) => findTexts(input, signal, (files) => report({ files })),
    measure: (input, { signal, report }) =>
      measureBase(input, signal, (label, done, total) => report({ label, done, total })),
  },
}));
