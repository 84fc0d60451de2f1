import { join, relative, resolve, sep } from 'node:path';
import type { Courtesy } from '@codebase-gardener/lora';
import { z } from 'zod';
import { readJson, readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';
import { locateRun } from '../../garden/runs/runs.js';
import type { EngineEvent } from './engine-events.js';

/**
 * Something that trains an adapter. All it is told is a run directory: data/ (see run-data.ts) and engine.json
 * (`EngineSettings`); it keeps its checkpoints in checkpoint/ and leaves a PEFT directory in output/. So it may run
 * in another process or machine.
 */
export interface TrainingEngine {
  readonly name: string;
  /**
   * Trains, or goes on from the checkpoint that is there. An aborted run saves a checkpoint first.
   * @param courtesy when to wait and to rest, where the engine shares this machine
   */
  run(runDirectory: string, signal: AbortSignal, courtesy?: Courtesy): AsyncIterable<EngineEvent>;
}

const TARGET_MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

const engineSettingsSchema = z.object({
  schemaVersion: z.literal(1),
  /** The base model's weights file and the name that goes into the adapter. */
  baseModelFile: z.string(),
  baseModelName: z.string(),
  adapter: z.object({
    rank: z.number().int().positive(),
    alpha: z.number().positive(),
    dropout: z.number().min(0).max(1),
    targetModules: z.array(z.enum(TARGET_MODULES)),
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
  /** Validations without improvement after which training ends. */
  patience: z.number().int().positive(),
  checkpointEveryMs: z.number().positive(),
  seed: z.number().int(),
  threads: z.number().int().nonnegative(),
  /**
   * A state with which the loss on general code is more than this share above the base model's is never
   * the best; null: not looked at.
   */
  maxGeneralLossRise: z.number().positive().nullable().default(null),
  /** Memory the engine may take, bytes; 0 leaves it to the engine. */
  memoryBudgetBytes: z.number().nonnegative().default(0),
});

/** engine.json: everything an engine needs to know beside the data. */
export type EngineSettings = z.infer<typeof engineSettingsSchema>;

/** Where an engine leaves the adapter. */
export function engineOutput(runDirectory: string): string {
  return join(runDirectory, 'output');
}

/** Where an engine keeps its checkpoints. */
export function engineCheckpoint(runDirectory: string): string {
  return join(runDirectory, 'checkpoint');
}

/**
 * Writes engine.json, unless an earlier attempt has: a resumed training must not change its settings. What lies in the
 * data directory is named from the run directory, so that a run goes on after both were moved.
 */
export async function writeEngineSettingsOnce(runDirectory: string, settings: EngineSettings): Promise<void> {
  const file = join(runDirectory, 'engine.json');
  if ((await readJsonIfPresent(file, engineSettingsSchema)) !== null) return;
  const { root } = locateRun(runDirectory).paths;
  const portable = (path: string) =>
    path.startsWith(root + sep) ? relative(runDirectory, path).split(sep).join('/') : path;
  await writeJson(file, withPaths(settings, portable));
}

/** Reads engine.json, its paths absolute. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
export async function readEngineSettings(runDirectory: string): Promise<EngineSettings> {
  const settings = await readJson(join(runDirectory, 'engine.json'), engineSettingsSchema);
  return withPaths(settings, (path) => resolve(runDirectory, path));
}

function withPaths(settings: EngineSettings, change: (path: string) => string): EngineSettings {
  const { baseModelFile, initialAdapter } = settings;
  return {
    ...settings,
    baseModelFile: change(baseModelFile),
    initialAdapter: initialAdapter === null ? null : change(initialAdapter),
  };
}
