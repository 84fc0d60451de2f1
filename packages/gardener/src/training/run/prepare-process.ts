import { once } from 'node:events';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import { indexingEnvironment } from '../../retrieval/index/indexing-process.js';
import type { RunContext } from './run-context.js';

/** What the preparing process says last. */
export type Preparation =
  /**
   * Null: the run's data is written. Else one sentence: why nothing is trained, or, of an index run, what is indexed.
   */
  { type: 'prepared'; reason: string | null } | { type: 'failed'; error: PreparationError };

/** A known error as it crosses the process border. */
export interface PreparationError {
  code: string;
  message: string;
  remedy: string;
}

/** How long it may take to end after it was asked to. */
const STOP_MS = 8_000;

/**
 * Indexes the codebase and, of a training run, makes its data, in a process of its own: parsers, index and the text of
 * a whole codebase leave some 250 MB behind that training then has for itself.
 * @returns null when run data is written, or one sentence: why nothing is trained, or what is indexed
 * @throws GardenerError as in that process; the signal's reason when aborted
 */
export async function prepareRun({ runDirectory, signal }: RunContext): Promise<string | null> {
  const child = spawnEntry(new URL('./prepare-child.js', import.meta.url), [runDirectory], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: indexingEnvironment(),
  });
  let last: Preparation | null = null;
  child.on('message', (message: Preparation) => {
    last = message;
  });
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const said = last as Preparation | null;
  if (said?.type === 'prepared') return said.reason;
  if (said?.type === 'failed') {
    const { error } = said;
    throw new GardenerError(error.code, error.message, { remedy: error.remedy });
  }
  // What it wrote to stderr is in the worker's log, from which the runner makes the error.
  throw new Error(`the preparing process ended with ${killedBy ?? `exit code ${code}`}`);
}
