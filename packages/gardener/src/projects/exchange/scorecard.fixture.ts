import { makeScorecard, type Scorecard } from '../../training/evaluation/scorecard.js';
import type { SideScores } from '../../training/evaluation/side-scores.js';

/** A scorecard over three files: the adapter's loss against a base's of 1.5 decides whether its gate promoted it. */
export function scorecardOf(adapterLoss: number, adapterVersion: number): Scorecard {
  const context = { margin: 0.01, adapterVersion, seed: 1, dataHash: 'a'.repeat(64) };
  return makeScorecard({ base: side(1.5), adapter: side(adapterLoss) }, null, context);
}

function side(loss: number): SideScores {
  const counts = { examples: 4, bytes: 3_000, matchedLines: 1, lines: 4, matchedGaps: 0, gaps: 0 };
  return {
    files: [900, 1_100, 1_000].map((tokens, n) => ({
      ...counts,
      ...{ path: `${n}.ts`, tokens, nll: tokens * loss * (1 + n / 10) },
    })),
    ...{ generalLoss: null, stopped: null, parity: null, editSimilarity: null, gapSimilarity: null },
    ...{ memorised: null, strings: null, uses: null, durationMs: { scoring: 1, serving: 1 } },
  };
}
