// Entry of the preparing process: `node prepare-child.js <run directory>`, started by prepareApart.
import { GardenerError } from '../../garden/errors/garden-error.js';
import { prepare } from './pipeline.js';
import type { PreparationMessage } from './prepare-process.js';
import { openRunContext } from './run-context.js';

const [runDirectory] = process.argv.slice(2);
if (runDirectory === undefined) throw new Error('usage: prepare-child <run directory>');

const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());
// The worker went away, however it ended.
process.on('disconnect', () => process.exit(1));

async function prepareRun(directory: string): Promise<PreparationMessage> {
  const { LoraError } = await import('@codebase-gardener/lora');
  try {
    const preparation = await prepare(await openRunContext(directory, controller.signal));
    return { type: 'prepared', preparation };
  } catch (error) {
    if (!GardenerError.isInstance(error) && !LoraError.isInstance(error)) throw error;
    const { code, message, remedy } = error;
    return { type: 'failed', error: { code, message, remedy } };
  }
}

const message = await prepareRun(runDirectory);
process.send?.(message, () => process.exit(0));
