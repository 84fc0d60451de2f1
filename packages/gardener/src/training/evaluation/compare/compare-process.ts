import { computingProcess } from '@codebase-gardener/lora/process';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { type JobOptions, JobProcess } from '../../../garden/processes/job-process.js';
import { withRestarts } from '../../../garden/processes/restarts.js';
import type { CompareProtocol } from './compare-protocol.js';

type Jobs = CompareProtocol['jobs'];

/**
 * Does one job of a comparison in a process of its own, which ends with it: one base at a time is in memory, and none
 * in this process.
 * @throws GardenerError as in that process, `training.comparison-died`; the signal's reason when aborted
 */
export function compareApart<Name extends keyof Jobs>(
  name: Name,
  input: Jobs[Name]['input'],
  options: JobOptions<Jobs[Name]['progress']> = {},
): Promise<Jobs[Name]['result']> {
  return withRestarts(() => compareOnce(name, input, options), { signal: options.signal });
}

async function compareOnce<Name extends keyof Jobs>(
  name: Name,
  input: Jobs[Name]['input'],
  options: JobOptions<Jobs[Name]['progress']>,
): Promise<Jobs[Name]['result']> {
  const child = await JobProcess.start<CompareProtocol>({
    entry: new URL('./compare-child.js', import.meta.url),
    setup: null,
    died: ({ reason, stderr }) =>
      new GardenerError('training.comparison-died', `The process that measures a base ended (${reason}).`, {
        remedy:
          'Free some memory, or compare fewer and smaller bases: gardener models compare --base <model>.',
        details: { reason, stderr },
      }),
    ...computingProcess(),
  });
  try {
    return await child.run(name, input, options);
  } finally {
    await child.end();
  }
}
