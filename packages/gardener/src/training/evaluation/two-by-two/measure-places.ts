import { createHash } from 'node:crypto';
import { languageOfPath } from '../../../codebase/languages/languages.js';
import { type ErrorCounter, prepareErrorCounter } from '../../../codebase/parse/syntax-errors.js';
import type { GenerationRuntime } from '../../../models/runtime/runtime.js';
import type { CompletionPlace } from '../../data/known/completion-places.js';
import { firstLine, likeness, writeAtPlace } from '../uses/write-at-place.js';
import type { ArmOutcome, PlaceOutcome } from './place-outcome.js';

/** How places are measured. */
export interface PlaceOptions {
  /** Whether the base sees what follows a place; else it goes on from the text before. */
  fills: boolean;
  /** What was measured before it was stopped; places among them are not measured again. */
  done: readonly PlaceOutcome[];
  signal?: AbortSignal;
  /** After each place; `leftMs` is null before one was measured in this call. */
  onOutcome?: (outcome: PlaceOutcome, done: number, leftMs: number | null) => Promise<void>;
}

/**
 * Lets base and adapter complete each place, with its file alone and with related code: all four at one place before
 * the next, so that whatever is measured is paired.
 * @throws GardenerError `models.*`; the signal's reason when aborted
 */
export async function measurePlaces(
  runtime: GenerationRuntime,
  adapterFile: string,
  places: readonly CompletionPlace[],
  { fills, done, signal, onOutcome }: PlaceOptions,
): Promise<PlaceOutcome[]> {
  const known = new Map(done.map((outcome) => [outcome.id, outcome]));
  const outcomes: PlaceOutcome[] = [];
  const waiting = places.filter((place) => !known.has(placeId(place))).length;
  const start = performance.now();
  let measured = 0;
  for (const place of places) {
    signal?.throwIfAborted();
    const before = known.get(placeId(place));
    if (before !== undefined) {
      outcomes.push(before);
      continue;
    }
    const countErrors = await errorCounterOf(place.path);
    const write = async (file: string | null, arm: 'retrieved' | 'alone'): Promise<ArmOutcome> => {
      const asked = performance.now();
      const written = await writeAtPlace(runtime, file, place, arm, signal);
      const ms = performance.now() - asked;
      return { ...judgeWritten(place, written, fills && place[arm].suffix.trim() !== '', countErrors), ms };
    };
    const outcome: PlaceOutcome = {
      ...{ id: placeId(place), path: place.path, kind: place.kind },
      arms: {
        baseAlone: await write(null, 'alone'),
        baseRetrieved: await write(null, 'retrieved'),
        adapterAlone: await write(adapterFile, 'alone'),
        adapterRetrieved: await write(adapterFile, 'retrieved'),
      },
    };
    outcomes.push(outcome);
    measured++;
    const leftMs = ((performance.now() - start) / measured) * (waiting - measured);
    await onOutcome?.(outcome, outcomes.length, leftMs);
  }
  return outcomes;
}

/** Names a place by all that is asked there. */
export function placeId({ path, kind, text, alone, retrieved }: CompletionPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([path, kind, text, alone, retrieved]))
    .digest('hex')
    .slice(0, 24);
}

/**
 * Compares what was written with what really stood there. Of a base that only goes on, as many lines count as there
 * were: it has no way to say that a filling ends.
 * @param sawAfter whether what follows the place was in the prompt
 */
export function judgeWritten(
  { kind, text, alone }: Pick<CompletionPlace, 'kind' | 'text' | 'alone'>,
  written: string,
  sawAfter: boolean,
  countErrors: ErrorCounter | null,
): Omit<ArmOutcome, 'ms'> {
  const exact = sawAfter
    ? written.trim() === text.trim()
    : written.trimStart().startsWith(text.trim()) && text.trim() !== '';
  const filling = sawAfter ? written : firstLines(written, text.split('\n').length);
  // The rest of a call's line belongs to what was gone on with: where it ends cannot be told.
  const canTell = countErrors !== null && (sawAfter || kind !== 'arguments');
  return {
    exact,
    firstLine: firstLine(written) === firstLine(text),
    similarity: likeness(written, text),
    valid: canTell ? isAsValid(alone, filling, text, countErrors) : null,
  };
}

function isAsValid(
  { prompt, suffix }: CompletionPlace['alone'],
  filling: string,
  text: string,
  countErrors: ErrorCounter,
): boolean | null {
  const errors = countErrors(prompt + filling + suffix);
  const errorsOfTruth = countErrors(prompt + text + suffix);
  return errors === null || errorsOfTruth === null ? null : errors <= errorsOfTruth;
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n');
}

/** Without a grammar nothing is said of syntax. */
async function errorCounterOf(path: string): Promise<ErrorCounter | null> {
  const language = languageOfPath(path);
  return language === null ? null : prepareErrorCounter(language.id).catch(() => null);
}
