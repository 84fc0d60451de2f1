import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import type { GraphChange } from './mend-graph.js';

/** What the process says when it is done: null, or what went wrong. */
export type GraphReply = { code: string; message: string; remedy: string } | null;

/**
 * `mendGraph` in a process of its own: on a large project it computes for a second or two, and a server that follows a
 * codebase has searches to answer meanwhile.
 * @throws GardenerError what `mendGraph` throws, `codebase.graph-failed` when the process ends by itself
 */
export async function mendGraphApart(change: GraphChange): Promise<void> {
  const child = spawnEntry(new URL('./graph-child.js', import.meta.url), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const failure = await new Promise<GraphReply>((resolve) => {
    const died = (reason: unknown) =>
      resolve({
        code: 'codebase.graph-failed',
        message: `The symbol graph of this project could not be made: its process ended with ${String(reason)}.`,
        remedy: 'Searches still work; run `gardener refresh` to make it, with more memory free.',
      });
    child.once('message', resolve);
    child.once('error', died);
    child.once('exit', (code, signal) => died(signal ?? code));
    // What cannot be sent is not there any more: its `exit` says so.
    child.send(change, () => undefined);
  });
  if (failure === null) return;
  const { code, message, remedy } = failure;
  throw new GardenerError(code, message, { remedy });
}
