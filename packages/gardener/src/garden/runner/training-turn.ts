import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { z } from 'zod';
import { withLock } from '../files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../files/json-state.js';
import type { GardenPaths } from '../files/paths.js';

const holderSchema = z.object({
  pid: z.number().int().positive(),
  processStart: z.string(),
  /** The run that trains. */
  runDirectory: z.string(),
});

/**
 * Takes the one place of a data directory in which a model is trained: indexing goes on beside a training, a second
 * training would only make both slower. The place is free again when the process that has it has ended.
 * @returns null when this process has it now, else the directory of the run that trains
 */
export async function takeTrainingTurn(paths: GardenPaths, runDirectory: string): Promise<string | null> {
  return withLock(paths.lockFile('training'), async () => {
    const holder = await trainingRun(paths);
    const self = await identifyProcess();
    if (holder !== null && holder.pid !== self.pid) return holder.runDirectory;
    await writeJson(turnFile(paths), { ...self, runDirectory });
    return null;
  });
}

/** Who trains, or null when nobody does. */
export async function trainingRun(paths: GardenPaths): Promise<z.infer<typeof holderSchema> | null> {
  const holder = await readJsonIfPresent(turnFile(paths), holderSchema).catch(() => null);
  return holder !== null && (await isProcessAlive(holder)) ? holder : null;
}

function turnFile(paths: GardenPaths): string {
  return paths.lockFile('training.json');
}
