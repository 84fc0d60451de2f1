import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { gapBase } from '../../training/data/gaps/gap-examples.js';
import { measurePlaces, placeId } from '../../training/evaluation/two-by-two/measure-places.js';
import { makeTwoByTwo, type TwoByTwo } from '../../training/evaluation/two-by-two/two-by-two.js';
import { type FreshPlacesOptions, freshPlaces } from './fresh-places.js';
import type { EvaluationJournal } from './journal.js';

/** What completions are compared with. */
export interface FourWaysOptions extends FreshPlacesOptions {
  adapterFile: string;
  startRuntime: () => Promise<GenerationRuntime>;
  journal: EvaluationJournal;
  /** Told once the first places say how long all of them take. */
  onPlaces?: (told: { places: number; known: number; leftMs: number }) => void;
  onProgress?: (label: string, done: number, total: number | null, leftMs?: number | null) => void;
}

/** So many places say how long the others take. */
const TIMED_PLACES = 2;

/**
 * Compares base and adapter, with related code and without, at places that the gate has not seen; what an earlier call
 * has measured is not measured again. Null where the held-out files have no such place.
 * @throws as `freshPlaces`; GardenerError `models.*`
 */
export async function compareFourWays(
  garden: Garden,
  project: ProjectRecord,
  options: FourWaysOptions,
): Promise<TwoByTwo | null> {
  const { base, data, adapterFile, startRuntime, journal, signal, onPlaces, onProgress } = options;
  const places = await freshPlaces(garden, project, options);
  if (places.length === 0) return null;
  const done = new Set(journal.places.map(({ id }) => id));
  const known = places.filter((place) => done.has(placeId(place))).length;
  let measured = 0;
  const runtime = await startRuntime();
  try {
    const outcomes = await measurePlaces(runtime, adapterFile, places, {
      fills: gapBase(base.tokenizer).gapTokens !== null,
      done: journal.places,
      ...(signal && { signal }),
      onOutcome: async (outcome, done, leftMs) => {
        await journal.keepPlace(outcome);
        measured++;
        if (measured === TIMED_PLACES && leftMs !== null)
          onPlaces?.({ places: places.length, known, leftMs });
        onProgress?.('completing in four ways', done, places.length, leftMs);
      },
    });
    return makeTwoByTwo(outcomes, data.manifest.seed);
  } finally {
    await runtime.dispose();
  }
}
