// Entry of the process that compares bases, see `CompareProtocol`.
import { constants, setPriority } from 'node:os';
import { serveJobs } from '../../../garden/processes/serve-jobs.js';
import { freshGaps } from '../two-by-two/fresh-gaps.js';
import type { CompareProtocol } from './compare-protocol.js';
import { findTexts } from './find-texts.js';
import { measureBase } from './measure-base.js';

// Ctrl-C and a machine that shuts down reach every process; the parent gets them too, and ends this one.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// Nobody waits for it as for an answer.
setPriority(constants.priority.PRIORITY_LOW);

serveJobs<CompareProtocol>(() => ({
  ready: null,
  jobs: {
    texts: (input, { signal, report }) => findTexts(input, signal, (files) => report({ files })),
    gaps: (input, { signal, report }) => freshGaps(input, signal, (files) => report({ files })),
    measure: (input, { signal, report }) =>
      measureBase(input, signal, (label, done, total) => report({ label, done, total })),
  },
}));
