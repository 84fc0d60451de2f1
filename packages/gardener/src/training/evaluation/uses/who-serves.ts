import type { Scorecard } from '../scorecard.js';

/** What people use an adapter for: code completed at a place, questions answered. */
export type Use = 'completion' | 'answers';

/** Who does it, and the gate's sentence where that is the base though an adapter is promoted. */
export interface Server {
  by: 'adapter' | 'base';
  reason: string;
}

/**
 * Who does what while an adapter is promoted, by its scorecard: the adapter, except for what the gate has found it to
 * be worse at. One that the gate refused as a whole and a person promoted does everything: that was asked for.
 * @param scorecard the adapter's own; null where it has none
 */
export function whoServes(scorecard: Pick<Scorecard, 'promoted' | 'uses'> | null): Record<Use, Server> {
  const served = (use: Use): Server => {
    const verdict = scorecard?.promoted ? scorecard.uses?.[use] : null;
    return verdict?.serves === 'base'
      ? { by: 'base', reason: verdict.reason }
      : { by: 'adapter', reason: '' };
  };
  return { completion: served('completion'), answers: served('answers') };
}

/** How code is completed where a request does not say. */
export interface CompletionMode {
  by: 'adapter' | 'base';
  /** Whether related code of the project is shown. */
  retrieval: boolean;
  /** One sentence why; null where nothing was measured. */
  reason: string | null;
}

/**
 * How one of the two completes: with related code, unless validation files have told that it does harm.
 * @param scorecard of the adapter that answers, else of the newest one of the same base; null where there is none
 */
export function completionMode(
  by: CompletionMode['by'],
  scorecard: Pick<Scorecard, 'retrievalChoice'> | null,
): CompletionMode {
  const choice = scorecard?.retrievalChoice ?? null;
  return { by, retrieval: choice?.[by] ?? true, reason: choice?.reason ?? null };
}
