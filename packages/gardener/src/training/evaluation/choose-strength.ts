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
/**
 * Gaps are filled worse at less strength, by more than code, which is what is compared here, may get better by chance
 * (docs/recipe.md): of the loss, at least this share is to be won.
 */
const MIN_FALL = 0.02;

/** The loss on general code should be at most this share above the base's. */
const WANTED_GENERAL_RISE = 0.03;
/** What is aimed at, as it is estimated. */
const AIMED_GENERAL_RISE = 0.025;
/** At a strength s general code changes by -GAIN s + b s^2, with about this GAIN on all codebases of docs/recipe.md. */
const GAIN = 0.22;
const MIN_STRENGTH = 0.5;

/** How much of its effect an adapter is to have. */
export const strengthChoiceSchema = z.object({
  strength: z.number(),
  /** In plain sentences. */
  reason: z.string(),
  /** Nats per token on the sample of validation files; empty where nothing was compared. */
  losses: z.array(z.object({ strength: z.number(), loss: z.number() })),
});

/** See `strengthChoiceSchema`. */
export type StrengthChoice = z.infer<typeof strengthChoiceSchema>;

/** The general code, and the base's loss on it, nats per token. */
export interface GeneralCode {
  examples: readonly SupervisedExample[];
  baseLoss: number;
}

/** What strengths are compared on, and how long it may take. */
export interface StrengthOptions {
  base: BaseModel;
  adapter: LoraAdapter;
  /** Windows of files that neither training nor the gate takes; the sample is spread over them. */
  validation: readonly SupervisedExample[];
  /** What must not be forgotten; null leaves it out. */
  general: GeneralCode | null;
  sequenceLength: number;
  threads: number;
  limitMs: number;
  /** As measured when the base was scored. */
  msPerToken: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Compares an adapter at half, at three quarters of and at its whole strength on validation files: one that has learned
 * too much fits other code clearly better at less. Where the chosen one forgets general code, and the time allows to
 * see it, it is so much less that it should not.
 */
export async function chooseStrength(options: StrengthOptions): Promise<StrengthChoice> {
  const { base, adapter, validation, signal, onProgress } = options;
  const affordable = options.limitMs / options.msPerToken;
  const beside = affordable - countTokens(options.general?.examples ?? []);
  const general = beside >= STRENGTHS.length * MIN_SAMPLE_TOKENS ? options.general : null;
  const forValidation = (general === null ? affordable : beside) / STRENGTHS.length;
  const sample = spreadSample(validation, Math.min(MAX_SAMPLE_TOKENS, forValidation));
  if (countTokens(sample) < MIN_SAMPLE_TOKENS) return asTrained(validation);
  const { loadFrozenWeights, scaleAdapter, scoreExamples } = await import('@codebase-gardener/lora');
  const frozen = await loadFrozenWeights(base);
  const passes = STRENGTHS.length + (general === null ? 0 : 1);
  const lossAt = async (strength: number, examples: readonly SupervisedExample[], pass: number) => {
    const scores = await scoreExamples(base, scaleAdapter(adapter, strength), examples, {
      frozen,
      sequenceLength: options.sequenceLength,
      ...(options.threads > 0 && { threads: options.threads }),
      ...(signal && { signal }),
      onProgress: (share) => onProgress?.(Math.round((pass + share) * 100), passes * 100),
    });
    return meanNll(examples, scores);
  };
  const losses: StrengthChoice['losses'] = [];
  for (const [pass, strength] of STRENGTHS.entries())
    losses.push({ strength, loss: await lossAt(strength, sample, pass) });
  const choice = best(losses);
  if (general === null) return choice;
  const generalLoss = await lossAt(choice.strength, general.examples, STRENGTHS.length);
  return milder(choice, generalLoss / general.baseLoss - 1);
}

/**
 * So much less of a strength that general code should not be forgotten; what is given is whole where it is not. Pure.
 * @param generalRise by what share the loss on general code is above the base's, at the strength that was chosen
 */
export function milder(choice: StrengthChoice, generalRise: number): StrengthChoice {
  // A ruined adapter has no figure: the gate refuses it as it is.
  if (!Number.isFinite(generalRise) || generalRise <= WANTED_GENERAL_RISE) return choice;
  const b = (generalRise + GAIN * choice.strength) / choice.strength ** 2;
  const wanted = (GAIN + Math.sqrt(GAIN ** 2 + 4 * b * AIMED_GENERAL_RISE)) / (2 * b);
  const strength = Math.min(choice.strength, Math.max(MIN_STRENGTH, Math.floor(wanted * 100) / 100));
  const reason =
    `${choice.reason} Its loss on general code is ${(generalRise * 100).toFixed(1)} % above the base's, ` +
    `more than ${WANTED_GENERAL_RISE * 100} %: the adapter has a strength of ${strength}.`;
  return { ...choice, strength, reason };
}

/**
 * The whole strength, unless a lower one has a clearly lower loss: then that of the lowest, of equal ones the greatest.
 * Pure.
 */
export function best(losses: StrengthChoice['losses']): StrengthChoice {
  const whole = losses.find(({ strength }) => strength === 1)?.loss ?? Number.POSITIVE_INFINITY;
  const [better] = losses
    .filter(({ loss }) => loss <= whole * (1 - MIN_FALL))
    .sort((a, b) => a.loss - b.loss || b.strength - a.strength);
  const figures = losses.map(({ strength, loss }) => `${loss.toFixed(3)} at ${strength}`).join(', ');
  const verdict = better
    ? `Strength ${better.strength} has the lowest loss on validation files`
    : 'Strength 1, as trained: none below it has a clearly lower loss on validation files';
  return { strength: better?.strength ?? 1, losses, reason: `${verdict} (${figures}).` };
}

function asTrained(validation: readonly SupervisedExample[]): StrengthChoice {
  const why =
    countTokens(validation) < MIN_SAMPLE_TOKENS
      ? 'There are too few validation files to compare strengths'
      : 'The budget left no time to compare strengths';
  return { strength: 1, losses: [], reason: `${why}, so the adapter answers as it was trained.` };
}
