import type { BaseModel } from '@codebase-gardener/lora';
import { adapterStrength, loadAdapter, setAdapterStrength } from '../../adapters/adapter-store.js';
import { generalCodeExamples } from '../../data/general-code-examples.js';
import type { RunData } from '../../data/run-data.js';
import {
  chooseStrength,
  type GeneralCode,
  type StrengthChoice,
  strengthChoiceSchema,
} from '../../evaluation/choose-strength.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import { STRENGTH_SHARE } from '../budget.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import { type Material, msPerToken } from './scoring.js';

/** Chooses how strong the saved adapter is to answer, by validation files only, and notes it in its manifest. */
export async function settleStrength(
  { garden, directory, budgetMs, report, signal }: RunContext,
  { base, data, saved, baseScores }: Material & { saved: SavedAdapter; baseScores: SideScores },
): Promise<StrengthChoice> {
  const choice = await directory.measured('strength', strengthChoiceSchema, async () =>
    chooseStrength({
      base,
      adapter: await loadAdapter(saved.directory, base),
      validation: data.validation,
      general: generalCode(base, data, baseScores),
      sequenceLength: data.manifest.sequenceLength,
      threads: garden.settings.threads,
      limitMs: budgetMs * STRENGTH_SHARE,
      msPerToken: msPerToken(data, baseScores),
      signal,
      onProgress: (done, total) => report.progress('choosing the strength', done, total),
    }),
  );
  if (choice.strength !== (await adapterStrength(saved.directory))) {
    await setAdapterStrength(saved.directory, choice.strength);
  }
  await report.event({ type: 'log', message: choice.reason });
  return choice;
}

function generalCode(
  { tokenizer }: BaseModel,
  { manifest: { sequenceLength } }: RunData,
  { generalLoss }: SideScores,
): GeneralCode | null {
  if (generalLoss === null) return null;
  return { examples: generalCodeExamples(tokenizer, sequenceLength).flat(), baseLoss: generalLoss };
}
