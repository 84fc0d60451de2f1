import type { BaseModel, Courtesy } from '@codebase-gardener/lora';
import type { RunData } from '../data/run-data.js';
import type { EngineSettings } from '../run-directory/engine-settings.js';
import type { RunDirectory } from '../run-directory/run-directory.js';
import type { EngineEvent } from './engine-events.js';

/**
 * Something that trains an adapter: a run directory goes in, events and an adapter directory come out.
 *
 * The run directory is the contract. It holds data/ (the examples) and engine.json (`EngineSettings`); the engine keeps
 * its checkpoints in checkpoint/ and leaves a PEFT directory in output/. So an engine may run in another process or on
 * another machine.
 */
export interface TrainingEngine {
  readonly name: string;
  /**
   * Trains, or goes on from the checkpoint that is there. An aborted run saves a checkpoint first.
   * @param opened the same as in the directory, already read: an engine in this process takes it instead of reading it
   *   again
   */
  run(directory: RunDirectory, opened: OpenedRun, signal: AbortSignal): AsyncIterable<EngineEvent>;
}

/** What the caller of an engine has in memory. Nothing in it may say more than the run directory does. */
export interface OpenedRun {
  settings: EngineSettings;
  /** The base model of `settings.baseModelFile`. Stays open. */
  base: BaseModel;
  data: RunData;
  /** When to wait and to rest, where the engine shares this machine. */
  courtesy: Courtesy;
}
