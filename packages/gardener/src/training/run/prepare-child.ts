// Entry of the preparing process: `node prepare-process.js <run directory>`, started by prepareRun.
import { GardenerError } from '../../garden/errors/garden-error.js';
import { prepareData } from './prepare-data.js';
import type { Preparation } from './prepare-process.js';
import { openRunContext } from './run-context.js';

const [runDirectory] = process.argv.slice(2);
if (runDirectory === undefined) throw new Error('usage: prepare-process <run directory>');

const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());
// The worker went away, however it ended.
process.on('disconnect', () => process.exit(1));

async function prepare(directory: string): Promise<Preparation> {
  const { LoraError } = await import('@codebase-gardener/lora');
  try {
    return {
      type: 'prepared',
      reason: await prepareData(await openRunContext(directory, controller.signal)),
    };
  } catch (error) {
    if (!GardenerError.isInstance(error) && !LoraError.isInstance(error)) throw error;
    const { code, message, remedy } = error;
    return { type: 'failed', error: { code, message, remedy } };
  }
}

const preparation = await prepare(runDirectory);
process.send?.(preparation, () => process.exit(0));
