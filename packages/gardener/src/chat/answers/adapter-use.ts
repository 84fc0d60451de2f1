import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GenerationEvent } from '../../models/runtime/runtime.js';
import { baseOnly, type ChosenAdapter } from './choose-adapter.js';

/** What answered. */
export interface AnsweringAdapter {
  /** Null = the base model. */
  version: number | null;
  /** How much of its own effect the adapter had; null for the base model. */
  strength: number | null;
  /** One sentence why. */
  reason: string;
}

/** The adapter of one generation: the chosen one, or the base once the runtime has refused it. */
export class AdapterUse {
  #chosen: ChosenAdapter;

  constructor(chosen: ChosenAdapter) {
    this.#chosen = chosen;
  }

  get chosen(): ChosenAdapter {
    return this.#chosen;
  }

  /** What the end of an answer says of the adapter. */
  get told(): AnsweringAdapter {
    const { version, strength, reason } = this.#chosen;
    return { version, strength: version === null ? null : strength, reason };
  }

  /** Generates with the adapter; if the runtime cannot use it, once more with the base. */
  async *generate(start: (chosen: ChosenAdapter) => AsyncIterable<GenerationEvent>) {
    try {
      yield* start(this.#chosen);
    } catch (error) {
      if (!this.#refused(error)) throw error;
      yield* start(this.#chosen);
    }
  }

  /** Prepares the adapter; if the runtime cannot use it, the base. */
  async prepare(start: (chosen: ChosenAdapter) => Promise<void>): Promise<void> {
    try {
      await start(this.#chosen);
    } catch (error) {
      if (!this.#refused(error)) throw error;
      await start(this.#chosen);
    }
  }

  #refused(error: unknown): boolean {
    const isOfAdapter =
      GardenerError.isInstance(error) && /^models\.(bad-adapter|adapter-[a-z-]+)$/.test(error.code);
    if (!isOfAdapter || this.#chosen.file === null) return false;
    this.#chosen = baseOnly(`${error.message} The base model answers: ${error.remedy}`);
    return true;
  }
}
