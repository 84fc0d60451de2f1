import type { BaseModel, LoraAdapter, SupervisedExample } from '@codebase-gardener/lora';
import { z } from 'zod';
import { countTokens } from '../data/count-tokens.js';
import { spreadSample } from '../data/spread-sample.js';
import { meanNll } from './statistics/file-sums.js';

/** Strengths that are compared, the one that was trained first. */
export const STRENGTHS: readonly number[] = [1, 0.75, 0.5];
/** More validation tokens than this tell little more. */
const MAX_SAMPLE_TOKENS = 2_000;
/** Fewer than this tell nothing. */
const MIN_SAMPLE_TOKENS = 300;

/** How much of its effect an adapter is to have. */
export const strengthChoiceSchema = z.object({
  strength: z.number(),
  /** One plain sentence. */
  reason: z.string(),
  /** Nats per token on the sample of validation files; empty where nothing was compared. */
  losses: z.array(z.object({ strength: z.number(), loss: z.number() })),
});

/** See `strengthChoiceSchema`. */
export type StrengthChoice = z.infer<typeof strengthChoiceSchema>;

/** What strengths are compared on, and how long it may take. */
export interface StrengthOptions {
  base: BaseModel;
  adapter: LoraAdapter;
  /** Windows of files that neither training nor the gate takes; the sample is spread over them. */
  validation: readonly SupervisedExample[];
  sequenceLength: number;
  threads: number;
  limitMs: number;
  /** As measured when the base was scored. */
  msPerToken: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Compares an adapter at half, at three quarters of and at its whole strength on validation files, and takes the one
 * with the lowest loss: one that has learned too much fits other code better at less.
 */
export async function chooseStrength(options: StrengthOptions): Promise<StrengthChoice> {
  const { base, adapter, signal, onProgress } = options;
  const affordable = options.limitMs / options.msPerToken / STRENGTHS.length;
  const sample = spreadSample(options.validation, Math.min(MAX_SAMPLE_TOKENS, affordable));
  if (countTokens(sample) < MIN_SAMPLE_TOKENS) return asTrained(options.validation);
  const { loadFrozenWeights, scaleAdapter, scoreExamples } = await import('@codebase-gardener/lora');
  const frozen = await loadFrozenWeights(base);
  const losses: StrengthChoice['losses'] = [];
  for (const [index, strength] of STRENGTHS.entries()) {
    const scores = await scoreExamples(base, scaleAdapter(adapter, strength), sample, {
      frozen,
      sequenceLength: options.sequenceLength,
      ...(options.threads > 0 && { threads: options.threads }),
      ...(signal && { signal }),
      onProgress: (share) => onProgress?.(Math.round((index + share) * 100), STRENGTHS.length * 100),
    });
    losses.push({ strength, loss: meanNll(sample, scores) });
  }
  return best(losses);
}

/** Of equal losses, the one of the greater strength. */
export function best(losses: StrengthChoice['losses']): StrengthChoice {
  const byLoss = [...losses].sort((a, b) => a.loss - b.loss || b.strength - a.strength);
  const strength = byLoss[0]?.strength ?? 1;
  const figures = losses.map(({ strength, loss }) => `${loss.toFixed(3)} at ${strength}`).join(', ');
  return {
    strength,
    losses,
    reason: `Strength ${strength} has the lowest loss on validation files (${figures}).`,
  };
}

function asTrained(validation: readonly SupervisedExample[]): StrengthChoice {
  const why =
    countTokens(validation) < MIN_SAMPLE_TOKENS
      ? 'There are too few validation files to compare strengths'
      : 'The budget left no time to compare strengths';
  return { strength: 1, losses: [], reason: `${why}, so the adapter answers as it was trained.` };
}
