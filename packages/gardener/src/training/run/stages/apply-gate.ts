import { saveScorecard } from '../../adapters/adapter-store.js';
import type { RunData } from '../../data/run-data.js';
import type { AcrossBases } from '../../evaluation/across-bases.js';
import type { StrengthChoice } from '../../evaluation/choose-strength.js';
import { leakedShare } from '../../evaluation/leaked-code.js';
import { makeScorecard, type Scorecard } from '../../evaluation/scorecard.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import type { RetrievalChoice } from '../../evaluation/uses/choose-retrieval.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import type { AdapterScores } from './score-adapter.js';

interface GateInput {
  data: RunData;
  saved: SavedAdapter;
  choice: StrengthChoice;
  retrieval: RetrievalChoice;
  baseScores: SideScores;
  adapterScores: AdapterScores;
  across: AcrossBases | null;
}

/** Puts all scores together and lets the gate decide; the scorecard goes beside the adapter and into the events. */
export async function applyGate(
  { garden, options, report }: RunContext,
  { data, saved, choice, retrieval, baseScores, adapterScores, across }: GateInput,
): Promise<Scorecard> {
  const { adapter, predecessor } = adapterScores;
  const facts = {
    margin: garden.settings.gateMargin,
    adapterVersion: saved.version,
    seed: options.seed,
    dataHash: data.manifest.hash,
    strength: choice.strength,
    acrossBases: across,
    leaked: leakedShare(data),
    retrievalChoice: retrieval,
    strengthChoice: { reason: choice.reason, losses: choice.losses },
  };
  const scorecard = makeScorecard({ base: baseScores, adapter }, null, facts, predecessor);
  await saveScorecard(saved.directory, scorecard);
  await report.event({ type: 'evaluation-end', scorecard });
  return scorecard;
}
