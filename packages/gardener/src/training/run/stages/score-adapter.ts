import { join } from 'node:path';
import { z } from 'zod';
import { atStrength } from '../../../models/runtime/at-strength.js';
import { adapterStrength, GGUF_FILE, loadAdapter } from '../../adapters/adapter-store.js';
import { scoreSide } from '../../evaluation/score-side.js';
import type { Predecessor } from '../../evaluation/scorecard.js';
import { type SideScores, sideScoresSchema } from '../../evaluation/side-scores.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import { type Material, PARITY_POSITIONS, scoringOptions } from './scoring.js';

/** What the new adapter scored, and the one it was continued from. */
const adapterScoresSchema = z.object({
  adapter: sideScoresSchema,
  /** Null where it was not continued from one. */
  predecessor: z.object({ version: z.number().int(), scores: sideScoresSchema }).nullable(),
});

/** See `adapterScoresSchema`. */
export type AdapterScores = z.infer<typeof adapterScoresSchema>;

/** What the adapter is scored with. */
type Input = Material & { saved: SavedAdapter; strength: number; baseScores: SideScores };

/**
 * Scores the adapter as read back from disk, at its strength, on what the base was scored on; the one it was continued
 * from as well.
 */
export async function scoreAdapter(run: RunContext, input: Input): Promise<AdapterScores> {
  return run.directory.measured('adapterScores', adapterScoresSchema, async () => ({
    adapter: await scoreNew(run, input),
    predecessor: await scorePredecessor(run, input),
  }));
}

async function scoreNew(
  run: RunContext,
  { base, data, saved, strength, baseScores }: Input,
): Promise<SideScores> {
  const scoring = scoringOptions(run, { base, data });
  return scoreSide({
    ...scoring,
    adapter: await loadAdapter(saved.directory, base, strength),
    startRuntime: async () => atStrength(await scoring.startRuntime(), strength),
    adapterFile: join(saved.directory, GGUF_FILE),
    like: baseScores,
    parityPositions: PARITY_POSITIONS,
    onProgress: (label, done, total) => run.report.progress('measuring the adapter', done, total, label),
  });
}

async function scorePredecessor(
  run: RunContext,
  { base, data, baseScores }: Input,
): Promise<Predecessor | null> {
  const { garden, project, report } = run;
  const { continuedFrom } = data.manifest;
  if (continuedFrom === null) return null;
  const earlier = garden.paths.adapter(project.id, continuedFrom);
  const scores = await scoreSide({
    ...scoringOptions(run, { base, data }),
    adapter: await loadAdapter(earlier, base, await adapterStrength(earlier)),
    adapterFile: null,
    // Only the loss is measured: that its answers end was checked when it was promoted.
    startRuntime: null,
    like: baseScores,
    measureGeneral: false,
    onProgress: (label, done, total) =>
      report.progress(`measuring adapter ${continuedFrom}`, done, total, label),
  });
  return { version: continuedFrom, scores };
}
