// Entry of the process that mends the symbol graph of one project, once.
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GraphReply } from './graph-process.js';
import { type GraphChange, mendGraph } from './mend-graph.js';

// The parent went away, and with it the lock under which this works.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches it too; the parent ends the update in order, and this belongs to it.
process.on('SIGINT', () => undefined);

process.once('message', async (change: GraphChange) => {
  const failure = await mendGraph(change).then(() => null, known);
  process.send?.(failure, () => process.exit(0));
});

function known(error: unknown): GraphReply {
  if (GardenerError.isInstance(error)) {
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: 'codebase.graph-failed',
    message: `The symbol graph of this project could not be made: ${reason}`,
    remedy: 'Searches still work; run `gardener refresh` to make it.',
  };
}
