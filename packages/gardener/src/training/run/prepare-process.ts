import { once } from 'node:events';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import { indexingEnvironment } from '../../retrieval/index/indexing-process.js';
import type { RunContext } from './run-context.js';
import type { ExamplesOutcome } from './stages/make-examples.js';

/** What came of preparing a run. */
export type Preparation =
  /** Of an index run: the index is up to date, with so many files. */
  { kind: 'indexed'; files: number } | ExamplesOutcome;

/** What the preparing process says last. */
export type PreparationMessage =
  | { type: 'prepared'; preparation: Preparation }
  | { type: 'failed'; error: PreparationError };

/** A known error as it crosses the process border. */
export interface PreparationError {
  code: string;
  message: string;
  remedy: string;
}

/** How long it may take to end after it was asked to. */
const STOP_MS = 8_000;

/**
 * Does `prepare` for a run in a process of its own: parsers, index and the text of a whole codebase leave some 250 MB
 * behind that training then has for itself.
 * @throws GardenerError as in that process; the signal's reason when aborted
 */
export async function prepareApart({ directory, signal }: RunContext): Promise<Preparation> {
  const child = spawnEntry(new URL('./prepare-child.js', import.meta.url), [directory.path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: indexingEnvironment(),
  });
  let last: PreparationMessage | null = null;
  child.on('message', (message: PreparationMessage) => {
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
  const said = last as PreparationMessage | null;
  if (said?.type === 'prepared') return said.preparation;
  if (said?.type === 'failed') {
    const { error } = said;
    throw new GardenerError(error.code, error.message, { remedy: error.remedy });
  }
  // What it wrote to stderr is in the worker's log, from which the runner makes the error.
  throw new Error(`the preparing process ended with ${killedBy ?? `exit code ${code}`}`);
}
