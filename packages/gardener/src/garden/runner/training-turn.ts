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

/** Who trains, in the order in which they began. One holder alone is how it was written when there was one place. */
const holdersSchema = z.union([
  z.object({ holders: z.array(holderSchema) }),
  holderSchema.transform((holder) => ({ holders: [holder] })),
]);

/** A process that trains. */
export type TrainingHolder = z.infer<typeof holderSchema>;

/**
 * Takes one of the places of a data directory in which a model is trained: indexing goes on beside a training, more
 * trainings than there are places would only make each other slower. A place is free again when the process that has it
 * has ended.
 * @param places how many there are, see `trainingPlaces`. Defaults to one
 * @returns null when this process has one now, else the directory of the run that has trained longest
 */
export async function takeTrainingTurn(
  paths: GardenPaths,
  runDirectory: string,
  places = 1,
): Promise<string | null> {
  return withLock(paths.lockFile('training'), async () => {
    const self = await identifyProcess();
    const others = (await trainingRuns(paths)).filter(({ pid }) => pid !== self.pid);
    const [longest] = others;
    if (longest !== undefined && others.length >= places) return longest.runDirectory;
    await writeJson(turnFile(paths), { holders: [...others, { ...self, runDirectory }] });
    return null;
  });
}

/** Who trains now, who began first first. */
export async function trainingRuns(paths: GardenPaths): Promise<TrainingHolder[]> {
  const kept = await readJsonIfPresent(turnFile(paths), holdersSchema).catch(() => null);
  const holders = kept?.holders ?? [];
  const alive = await Promise.all(holders.map((holder) => isProcessAlive(holder)));
  return holders.filter((_, index) => alive[index]);
}

function turnFile(paths: GardenPaths): string {
  return paths.lockFile('training.json');
}
