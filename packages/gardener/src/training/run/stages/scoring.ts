import type { BaseModel } from '@codebase-gardener/lora';
import { startLlamaCpp } from '../../../models/llama-cpp/llama-cpp.js';
import type { GenerationRuntime } from '../../../models/runtime/runtime.js';
import { countTokens } from '../../data/count-tokens.js';
import type { RunData } from '../../data/run-data.js';
import type { SideOptions } from '../../evaluation/score-side.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import type { RunContext } from '../run-context.js';

/** Room for a question and its short answer, and for a window that is scored. */
export const SCORING_CONTEXT_TOKENS = 1024;

/** Tokens compared with llama.cpp in a run, where the time allows. */
export const PARITY_POSITIONS = 1_000;

/** What the stages after the examples work on. */
export interface Material {
  /** Opened once for the whole run. */
  base: BaseModel;
  data: RunData;
}

/** How every model of a run is scored, so that the figures can be compared. */
export function scoringOptions(
  { garden, signal }: RunContext,
  { base, data }: Material,
): Pick<SideOptions, 'base' | 'data' | 'threads' | 'signal'> & {
  startRuntime(): Promise<GenerationRuntime>;
} {
  const { threads } = garden.settings;
  const copies = garden.paths.modelCopies;
  const contextTokens = Math.max(SCORING_CONTEXT_TOKENS, data.manifest.sequenceLength);
  return {
    base,
    data,
    threads,
    signal,
    startRuntime: () => startLlamaCpp(base.path, { threads, contextTokens, whole: true, copies }),
  };
}

/**
 * What a token of a row took, given or scored. Rather too much: what it takes to start, the general code, and what may
 * be known by heart are counted as held-out rows.
 */
export function msPerToken({ heldOut }: Pick<RunData, 'heldOut'>, { files, durationMs }: SideScores): number {
  const tokens = heldOut.reduce((sum, { examples, gaps }, index) => {
    const scored = files[index];
    const rows = [
      ...examples.slice(0, scored?.examples ?? 0),
      ...gaps.slice(0, scored?.gaps ?? 0).map(({ example }) => example),
    ];
    return sum + countTokens(rows);
  }, 0);
  return durationMs.scoring / Math.max(1, tokens);
}
