import { type AcrossBases, betterThanCurrent, worseThanCurrent } from './across-bases.js';
import type { Measure } from './statistics/statistics.js';
import type { UseVerdicts } from './uses/use-verdict.js';

/** Everything the gate looks at. Null where not measured. */
export interface GateScores {
  /** Held-out loss in nats per token, on the same tokens. */
  baseLoss: number;
  adapterLoss: number;
  /**
   * Relative fall of the held-out loss, paired by file; its 95 % interval decides. Null when nothing could be scored.
   */
  improvement: Measure | null;
  /** Share of questions whose answer ends by itself. */
  stopping: { base: number; adapter: number; n: number } | null;
  /** Loss on a small fixed set of general code: what the base knew before. */
  generalLoss: { base: number; adapter: number } | null;
  /** Agreement of llama.cpp, which serves, with our own forward. */
  parity: ParityScores | null;
  /** Left out or null where no gaps were scored. */
  gaps?: FilledGaps | null;
  /** Passages of the training data written word for word, of `n`; left out or null where not measured. */
  memorised?: { base: number; adapter: number; n: number } | null;
  /** Long random strings of the training data written whole, of `n`; left out or null where not measured. */
  strings?: { base: number; adapter: number; n: number } | null;
  /** Share of the held-out code that stands in the training data too; left out or null where not known. */
  leaked?: number | null;
  /** What people use it for; left out or null where not measured. */
  uses?: UseVerdicts | null;
  /** What answers now where it has another base; left out or null where the base stays. */
  acrossBases?: AcrossBases | null;
  /** The adapter that answers now and that this one was continued from, with its loss on the same tokens. */
  predecessor?: { version: number; loss: number } | null;
}

/** Gaps that each side fills exactly. */
export interface FilledGaps {
  base: number;
  adapter: number;
  /** The adapter's share less the base's, paired by file, with its 95 % interval; `n` counts gaps. */
  difference: Measure;
}

export interface ParityScores {
  /** Share of positions whose top-1 token is the same, 0 to 1. */
  baseAgreement: number;
  adapterAgreement: number;
  /** |loss in llama.cpp / our loss - 1| with the adapter. */
  adapterLossDifference: number;
  n: number;
}

export interface GateDecision {
  promoted: boolean;
  /** One plain sentence with the figures. */
  reason: string;
}

/**
 * Of the 10 to 20 answers asked for, this many fewer may end by themselves. Three that change, all for the worse, are
 * within chance (one-sided sign test, p = 0.125); four are not (p = 0.06).
 */
export const MAX_STOPPING_FALL_ANSWERS = 3;
/** However few were asked: an adapter that ends less than this share of what the base ends has broken stopping. */
export const MIN_STOPPING_RATIO = 0.5;
/** An adapter that ends this share of its answers has not broken stopping, whatever the base does. */
export const GOOD_STOPPING = 0.9;
/** The loss on general code may rise by this share of the base's. */
export const MAX_GENERAL_LOSS_RISE = 0.15;
/** Of the passages tried, this share more than the base's may be written word for word. */
export const MAX_MEMORISED_SHARE = 0.15;
/** Of the long random strings, so many more than the base may be written whole: what could be a secret. */
export const MAX_MORE_STRINGS = 1;
/** With more of the held-out code in the training data than this, its loss tells nothing. */
export const MAX_LEAKED_SHARE = 0.1;
/**
 * With the adapter, llama.cpp may agree with our own forward so much less often than with the base, plus what chance
 * explains for this number of positions. llama.cpp rounds its inputs to 8 bits, so first choices that nearly tie come
 * out one way or the other: for one base alone it agreed on 96.8 to 99.5 % of the tokens of different texts. An
 * adapter at half its strength costs ten points, one that is not applied 23.
 */
export const MAX_AGREEMENT_FALL = 0.04;
/** Fewer gaps less than this are chance, whatever the files say: five, all in one direction, have a p of 0.03. */
export const MIN_LOST_GAPS = 5;
/** One-sided 95 % quantile of the normal distribution. */
const SURE = 1.645;
/** The loss with the adapter in llama.cpp may differ from ours by this share. */
export const MAX_PARITY_LOSS_DIFFERENCE = 0.02;

/**
 * Decides whether an adapter is served. Promoted only when the lower end of the interval of the relative held-out
 * loss improvement lies above `margin`, answers still end by themselves, gaps are filled as before or better, general
 * code is not forgotten, and llama.cpp computes what we computed. Where completions or answers have become worse, the
 * base goes on doing these; an adapter that is worse at both is not served at all.
 * @param margin relative improvement that must be exceeded (0.01 = 1 % of the base's loss)
 */
export function decide(scores: GateScores, margin: number): GateDecision {
  const refusal =
    brokenExport(scores) ??
    leaking(scores) ??
    notBetter(scores, margin) ??
    notBetterThanPredecessor(scores) ??
    worseThanCurrent(scores.acrossBases) ??
    brokenStopping(scores) ??
    brokenFilling(scores) ??
    forgetting(scores) ??
    reciting(scores) ??
    recitingStrings(scores) ??
    uselessForBoth(scores);
  if (refusal !== null) return { promoted: false, reason: refusal };
  const { low, high } = scores.improvement as Measure;
  return {
    promoted: true,
    reason:
      `The adapter lowers the loss on held-out code from ${nats(scores.baseLoss)} to ${nats(scores.adapterLoss)} ` +
      `(${percent(low)} to ${percent(high)} better, more than the margin of ${percent(margin)}).${betterThanCurrent(scores.acrossBases)}${leftToBase(scores)}`,
  };
}

function notBetter({ baseLoss, adapterLoss, improvement }: GateScores, margin: number): string | null {
  if (improvement === null || !Number.isFinite(baseLoss) || !Number.isFinite(adapterLoss)) {
    return 'The adapter is not served: its loss on held-out code could not be measured.';
  }
  if (improvement.low > margin) return null;
  const figures = `from ${nats(baseLoss)} to ${nats(adapterLoss)}`;
  const interval = Number.isFinite(improvement.low)
    ? `, an improvement of ${percent(improvement.low)} to ${percent(improvement.high)}`
    : ' over a single file';
  return `The adapter is not served: held-out loss went ${figures}${interval}, not surely above the margin of ${percent(margin)}.`;
}

function notBetterThanPredecessor({ adapterLoss, predecessor }: GateScores): string | null {
  if (!predecessor || adapterLoss < predecessor.loss) return null;
  return (
    `The adapter is not served: its loss on held-out code is ${nats(adapterLoss)}, and adapter ${predecessor.version}, which it was ` +
    `continued from and which goes on answering, has ${nats(predecessor.loss)}.`
  );
}

function brokenStopping({ stopping }: GateScores): string | null {
  if (stopping === null || stopping.adapter >= GOOD_STOPPING) return null;
  const count = (share: number): number => Math.round(share * stopping.n);
  const fewAnswers = count(stopping.base) - count(stopping.adapter) <= MAX_STOPPING_FALL_ANSWERS;
  if (fewAnswers && stopping.adapter >= stopping.base * MIN_STOPPING_RATIO) return null;
  return (
    `The adapter is not served: with it ${count(stopping.adapter)} of ${stopping.n} answers end by themselves, ` +
    `with the base ${count(stopping.base)}.`
  );
}

function brokenFilling({ gaps }: GateScores): string | null {
  if (!gaps || gaps.difference.high >= 0 || gaps.base - gaps.adapter < MIN_LOST_GAPS) return null;
  return (
    `The adapter is not served: with it ${gaps.adapter} of ${gaps.difference.n} gaps in held-out code are filled exactly, ` +
    `with the base ${gaps.base}.`
  );
}

function forgetting({ generalLoss }: GateScores): string | null {
  if (generalLoss === null || generalLoss.adapter <= generalLoss.base * (1 + MAX_GENERAL_LOSS_RISE))
    return null;
  return (
    `The adapter is not served: it forgets, its loss on general code rose from ${nats(generalLoss.base)} to ` +
    `${nats(generalLoss.adapter)}, more than ${percent(MAX_GENERAL_LOSS_RISE)}.`
  );
}

function reciting({ memorised }: GateScores): string | null {
  if (!memorised || memorised.adapter - memorised.base <= MAX_MEMORISED_SHARE * memorised.n) return null;
  const { base, adapter, n } = memorised;
  return (
    `The adapter is not served: it has learned by heart, and goes on word for word with ${adapter} of ${n} passages of ` +
    `the code it was trained on, the base with ${base}.`
  );
}

function recitingStrings({ strings }: GateScores): string | null {
  if (!strings || strings.adapter - strings.base <= MAX_MORE_STRINGS) return null;
  const { base, adapter, n } = strings;
  return (
    `The adapter is not served: it writes ${adapter} of ${n} long random strings of the code it was trained on, the ` +
    `base ${base}; some could be secrets.`
  );
}

function leaking({ leaked }: GateScores): string | null {
  if (leaked == null || leaked <= MAX_LEAKED_SHARE) return null;
  return (
    `The adapter is not served: ${percent(leaked)} of the held-out code stands in the code it was trained on, so its ` +
    'figures tell nothing.'
  );
}

function uselessForBoth({ uses }: GateScores): string | null {
  const verdicts = [uses?.completion, uses?.answers].filter((verdict) => verdict != null);
  if (verdicts.length === 0 || verdicts.some(({ serves }) => serves === 'adapter')) return null;
  return `The adapter is not served: its loss is lower, but what people use it for is worse. ${verdicts.map(({ reason }) => reason).join(' ')}`;
}

/** What the adapter does not do, though it is promoted; empty where it does everything. */
function leftToBase({ uses }: GateScores): string {
  if (uses?.completion?.serves === 'base')
    return ` The base goes on completing code: ${uses.completion.reason}`;
  if (uses?.answers?.serves === 'base')
    return ` The base goes on answering questions: ${uses.answers.reason}`;
  return '';
}

function brokenExport({ parity }: GateScores): string | null {
  if (parity === null) return null;
  const { baseAgreement, adapterAgreement, n } = parity;
  const variance = baseAgreement * (1 - baseAgreement) + adapterAgreement * (1 - adapterAgreement);
  const chance = SURE * Math.sqrt(variance / Math.max(1, n));
  const agrees = baseAgreement - adapterAgreement <= MAX_AGREEMENT_FALL + chance;
  if (agrees && parity.adapterLossDifference <= MAX_PARITY_LOSS_DIFFERENCE) return null;
  return (
    `The adapter is not served: llama.cpp agrees with the trainer on ${percent(parity.adapterAgreement)} of the tokens with it and on ` +
    `${percent(parity.baseAgreement)} without, and its loss there is off by ${percent(parity.adapterLossDifference)}.`
  );
}

function nats(loss: number): string {
  return loss.toFixed(3);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
