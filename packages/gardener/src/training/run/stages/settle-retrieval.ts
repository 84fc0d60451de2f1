import { loadAdapter } from '../../adapters/adapter-store.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import {
  chooseRetrieval,
  type RetrievalChoice,
  retrievalChoiceSchema,
} from '../../evaluation/uses/choose-retrieval.js';
import { RETRIEVAL_SHARE } from '../budget.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import { type Material, msPerToken } from './scoring.js';

/** Chooses by validation files only whether related code is shown for completions. */
export async function settleRetrieval(
  { garden, directory, options, budgetMs, report, signal }: RunContext,
  input: Material & { saved: SavedAdapter; strength: number; baseScores: SideScores },
): Promise<RetrievalChoice> {
  const { base, data, saved, strength, baseScores } = input;
  const choice = await directory.measured('retrieval', retrievalChoiceSchema, async () =>
    chooseRetrieval({
      base,
      adapter: await loadAdapter(saved.directory, base, strength),
      places: data.uses.validation,
      seed: options.seed,
      threads: garden.settings.threads,
      limitMs: budgetMs * RETRIEVAL_SHARE,
      msPerToken: msPerToken(data, baseScores),
      signal,
      onProgress: (done, total) => report.progress('choosing related code or none', done, total),
    }),
  );
  await report.event({ type: 'log', message: choice.reason });
  return choice;
}
