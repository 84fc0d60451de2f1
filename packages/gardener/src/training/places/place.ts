import type { EngineName, PlaceName } from '../../garden/settings/settings.js';
import type { EngineEvent } from '../engines/engine-events.js';
import type { OpenedRun } from '../engines/training-engine.js';
import type { RunDirectory } from '../run-directory/run-directory.js';

/** What a place tells: what the engine reports, and in a sentence what happened to the place itself. */
export type PlaceEvent = EngineEvent | { type: 'log'; message: string };

/**
 * Where an engine trains. Run directory and engine go in, the engine's events and its adapter directory come out,
 * wherever that was: the stages around it cannot tell.
 */
export interface Place {
  readonly name: PlaceName;
  /**
   * Trains, or goes on from the checkpoint that is there. When aborted, a checkpoint is saved and nothing is left at
   * work, but after a SIGTERM, which is no wish of the user's.
   */
  train(
    engine: EngineName,
    directory: RunDirectory,
    opened: OpenedRun,
    signal: AbortSignal,
  ): AsyncIterable<PlaceEvent>;
}
