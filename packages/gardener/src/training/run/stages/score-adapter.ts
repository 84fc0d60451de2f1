import { join } from 'node:path';
import { atStrength } from '../../../models/runtime/at-strength.js';
import { adapterStrength, GGUF_FILE, loadAdapter } from '../../adapters/adapter-store.js';
import { scoreSide } from '../../evaluation/score-side.js';
import type { Predecessor } from '../../evaluation/scorecard.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import { type Material, PARITY_POSITIONS, scoringOptions } from './scoring.js';

/** What the new adapter scored, and the one it was continued from. */
export interface AdapterScores {
  adapter: SideScores;
  /** Null where it was not continued from one. */
  predecessor: Predecessor | null;
}

/**
 * Scores the adapter as read back from disk, at its strength, on what the base was scored on; the one it was continued
 * from as well.
 */
export async function scoreAdapter(
  run: RunContext,
  {
    base,
    data,
    saved,
    strength,
    baseScores,
  }: Material & { saved: SavedAdapter; strength: number; baseScores: SideScores },
): Promise<AdapterScores> {
  const { garden, project, report } = run;
  const scoring = scoringOptions(run, { base, data });
  const adapter = await scoreSide({
    ...scoring,
    adapter: await loadAdapter(saved.directory, base, strength),
    startRuntime: async () => atStrength(await scoring.startRuntime(), strength),
    adapterFile: join(saved.directory, GGUF_FILE),
    like: baseScores,
    parityPositions: PARITY_POSITIONS,
    onProgress: (label, done, total) => report.progress('measuring the adapter', done, total, label),
  });
  const { continuedFrom } = data.manifest;
  if (continuedFrom === null) return { adapter, predecessor: null };
  const earlier = garden.paths.adapter(project.id, continuedFrom);
  const scores = await scoreSide({
    ...scoring,
    adapter: await loadAdapter(earlier, base, await adapterStrength(earlier)),
    adapterFile: null,
    // Only the loss is measured: that its answers end was checked when it was promoted.
    startRuntime: null,
    like: baseScores,
    measureGeneral: false,
    onProgress: (label, done, total) =>
      report.progress(`measuring adapter ${continuedFrom}`, done, total, label),
  });
  return { adapter, predecessor: { version: continuedFrom, scores } };
}
