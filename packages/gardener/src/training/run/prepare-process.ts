import { JobProcess } from '../../garden/processes/job-process.js';
import { indexingEnvironment } from '../../retrieval/index/indexing-process.js';
import type { Preparation, PrepareProtocol } from './prepare-protocol.js';
import type { RunContext } from './run-context.js';

/** How long it may take to end after it was told to. */
const STOP_MS = 8_000;

/**
 * Does `prepare` for a run in a process of its own: parsers, index and the text of a whole codebase leave some 250 MB
 * behind that training then has for itself.
 * @throws GardenerError as in that process; the signal's reason when aborted
 */
export async function prepareApart({ directory, signal }: RunContext): Promise<Preparation> {
  const child = await JobProcess.start<PrepareProtocol>({
    entry: new URL('./prepare-child.js', import.meta.url),
    setup: { runDirectory: directory.path },
    env: indexingEnvironment(),
    // What it writes is in the worker's log, from which the runner makes an error that nobody foresaw.
    inheritOutput: true,
    died: ({ reason }) => new Error(`the preparing process ended (${reason})`),
  });
  try {
    return await child.run('prepare', null, { signal });
  } finally {
    // Ending the process frees its memory. After a cancel it may first finish what it is writing.
    await child.end(STOP_MS);
  }
}
