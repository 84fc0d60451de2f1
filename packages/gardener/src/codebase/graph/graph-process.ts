import { GardenerError } from '../../garden/errors/garden-error.js';
import { JobProcess } from '../../garden/processes/job-process.js';
import { withRestarts } from '../../garden/processes/restarts.js';
import type { GraphProtocol } from './graph-protocol.js';
import type { GraphChange } from './mend-graph.js';

/**
 * `mendGraph` in a process of its own: on a large project it computes for a second or two, and a server that follows a
 * codebase has searches to answer meanwhile.
 * @throws GardenerError what `mendGraph` throws; `codebase.graph-died` when the process ends by itself again and
 * again; `codebase.graph-failed` for what nobody foresaw
 */
export async function mendGraphApart(change: GraphChange): Promise<void> {
  await withRestarts(() => mendOnce(change));
}

async function mendOnce(change: GraphChange): Promise<void> {
  const child = await JobProcess.start<GraphProtocol>({
    entry: new URL('./graph-child.js', import.meta.url),
    setup: null,
    died: ({ reason, stderr }) =>
      new GardenerError(
        'codebase.graph-died',
        `The symbol graph of this project could not be made: its process ended (${reason}).`,
        {
          remedy: 'Searches still work; run `gardener refresh` to make it, with more memory free.',
          details: { stderr },
          retryable: true,
        },
      ),
    unexpected: ({ message }) =>
      new GardenerError(
        'codebase.graph-failed',
        `The symbol graph of this project could not be made: ${message}`,
        {
          remedy: 'Searches still work; run `gardener refresh` to make it.',
        },
      ),
  });
  try {
    await child.run('mend', change);
  } finally {
    await child.end();
  }
}
