import { GardenerError } from '../../garden/errors/garden-error.js';
import { JobProcess } from '../../garden/processes/job-process.js';
import { withRestarts } from '../../garden/processes/restarts.js';
import { indexingEnvironment } from '../../retrieval/index/indexing-process.js';
import type { Preparation, PrepareProtocol } from './prepare-protocol.js';
import type { RunContext } from './run-context.js';

/** How long it may take to end after it was told to. */
const STOP_MS = 8_000;

/**
 * Does `prepare` for a run in a process of its own: parsers, index and the text of a whole codebase leave some 250 MB
 * behind that training then has for itself.
 * @throws GardenerError as in that process; `training.preparing-died` when it ends by itself again and again; the
 * signal's reason when aborted
 */
export function prepareApart(run: RunContext): Promise<Preparation> {
  return withRestarts(() => prepareOnce(run), { signal: run.signal });
}

async function prepareOnce({ directory, signal }: RunContext): Promise<Preparation> {
  const child = await JobProcess.start<PrepareProtocol>({
    entry: new URL('./prepare-child.js', import.meta.url),
    setup: { runDirectory: directory.path },
    env: indexingEnvironment(),
    // What it writes is in the worker's log, from which the runner makes an error that nobody foresaw.
    inheritOutput: true,
    died: ({ reason }) =>
      new GardenerError(
        'training.preparing-died',
        `The process that reads and indexes the codebase ended by itself (${reason}).`,
        {
          remedy: 'Free some memory, then start it again; run `gardener doctor` if it happens again.',
          retryable: true,
        },
      ),
  });
  try {
    return await child.run('prepare', null, { signal });
  } finally {
    // Ending the process frees its memory. After a cancel it may first finish what it is writing.
    await child.end(STOP_MS);
  }
}
