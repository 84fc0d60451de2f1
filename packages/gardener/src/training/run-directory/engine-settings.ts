import { relative, resolve, sep } from 'node:path';
import type { TargetModule } from '@codebase-gardener/lora';
import { z } from 'zod';
import { readJson, writeJson } from '../../garden/files/json-state.js';

const engineSettingsSchema = z.object({
  schemaVersion: z.literal(1),
  /** The base model's weights file and the name that goes into the adapter. */
  baseModelFile: z.string(),
  baseModelName: z.string(),
  adapter: z.object({
    rank: z.number().int().positive(),
    alpha: z.number().positive(),
    dropout: z.number().min(0).max(1),
    // Which names there are is the trainer's knowledge, which also refuses others.
    targetModules: z.array(z.custom<TargetModule>((name) => typeof name === 'string')),
  }),
  /** PEFT directory to continue from, or null for a new adapter. */
  initialAdapter: z.string().nullable().default(null),
  learningRate: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  warmupSteps: z.number().int().nonnegative(),
  maxGradientNorm: z.number().positive(),
  sequenceLength: z.number().int().positive(),
  /** Sequences computed at once, and how many such batches make a step. */
  rows: z.number().int().positive(),
  accumulation: z.number().int().positive(),
  /** Time for training alone, over all attempts: a resumed engine knows from its checkpoint what it has used. */
  budgetMs: z.number().positive(),
  /** Times all data may be seen; training ends there even when time is left. */
  maxEpochs: z.number().int().positive(),
  /** Whether the data is seen in its own order the first time, or shuffled as later. */
  firstEpoch: z.enum(['given', 'shuffled']).default('shuffled'),
  /** Of the validation examples, tokens that are looked at while training; null: all. */
  validationTokens: z.number().positive().nullable().default(null),
  /** Validations without improvement after which training ends. */
  patience: z.number().int().positive(),
  checkpointEveryMs: z.number().positive(),
  seed: z.number().int(),
  threads: z.number().int().nonnegative(),
  /**
   * A state with which the loss on general code is more than this share above the base model's is never the best; null:
   * not looked at.
   */
  maxGeneralLossRise: z.number().positive().nullable().default(null),
  /** Where an engine that can choose computes, and in what. */
  device: z.string().default('auto'),
  precision: z.string().default('auto'),
  /** Memory the engine may take, bytes; 0 leaves it to the engine. */
  memoryBudgetBytes: z.number().nonnegative().default(0),
});

/**
 * engine.json: everything an engine needs to know beside the data. It stands between the user's settings, of which
 * it takes those of the run's first start, and the options of one trainer: each engine gives these to its own trainer,
 * and a run of an older version goes on whatever that trainer's options are called by then.
 */
export type EngineSettings = z.infer<typeof engineSettingsSchema>;

/**
 * Writes engine.json. Paths inside the data directory are written relative to the run, so that a run goes on after both
 * were moved.
 * @param dataDirectory the data directory's root
 * @throws GardenerError `garden.disk-full`, `garden.permission-denied`
 */
export async function writeEngineSettings(
  file: string,
  settings: EngineSettings,
  { run, dataDirectory }: { run: string; dataDirectory: string },
): Promise<void> {
  const portable = (path: string) =>
    path.startsWith(dataDirectory + sep) ? relative(run, path).split(sep).join('/') : path;
  await writeJson(file, withPaths(settings, portable));
}

/** Reads engine.json, its paths absolute. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
export async function readEngineSettings(file: string, run: string): Promise<EngineSettings> {
  return withPaths(await readJson(file, engineSettingsSchema), (path) => resolve(run, path));
}

function withPaths(settings: EngineSettings, change: (path: string) => string): EngineSettings {
  const { baseModelFile, initialAdapter } = settings;
  return {
    ...settings,
    baseModelFile: change(baseModelFile),
    initialAdapter: initialAdapter === null ? null : change(initialAdapter),
  };
}
