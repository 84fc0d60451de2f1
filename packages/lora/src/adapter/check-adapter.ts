import { LoraError } from '../errors.js';
import { moduleShape, trainableModules } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import { type LoraAdapter, pairsOf } from './adapter.js';

/** Problems named in an error's sentence; all of them are in its details. */
const PROBLEMS_IN_MESSAGE = 12;

/** The error that lists everything that keeps an adapter from fitting a base model. */
export function incompatible(what: string, problems: readonly string[]): LoraError {
  const named = problems.slice(0, PROBLEMS_IN_MESSAGE).join('; ');
  const more = problems.length - PROBLEMS_IN_MESSAGE;
  const rest = more > 0 ? `; and ${more} more` : '';
  return new LoraError('adapter.incompatible', `${what} does not fit the base model: ${named}${rest}.`, {
    remedy: 'Use an adapter that was trained on this base model, or train a new one.',
    details: { problems },
  });
}

/** The error for an adapter that uses what is not supported; `reason` is a plain sentence. */
export function unsupported(reason: string, remedy?: string): LoraError {
  return new LoraError('adapter.unsupported', reason, {
    remedy: remedy ?? 'Train the adapter again as plain LoRA on the linear modules of the blocks.',
  });
}

/** Whether a rank is one: a positive integer. The cap only keeps sums small; useful ranks end at some hundreds. */
export function isRank(rank: unknown): rank is number {
  return typeof rank === 'number' && Number.isInteger(rank) && rank >= 1 && rank <= 65_536;
}

/** Useful alphas end at some thousands, times the root of the rank where LoRA is rank-stabilised. */
const MAX_ALPHA = 1e6;
/** What training leaves stays below some tens: with more, products leave the range of float16 and answers are empty. */
const MAX_VALUE = 1e4;

/** Whether an alpha can be used: above 0 (llama.cpp reads 0 as "no scaling") and no more than any training takes. */
export function isAlpha(alpha: unknown): alpha is number {
  return typeof alpha === 'number' && alpha > 0 && alpha <= MAX_ALPHA;
}

/**
 * Checks an adapter before it is written: rank, alpha, block count, the size of every matrix, and that a model can
 * compute with all numbers.
 * @throws LoraError `adapter.incompatible` listing every problem
 */
export function checkAdapter(adapter: LoraAdapter, config: TransformerConfig): void {
  const { rank, alpha } = adapter.config;
  const problems: string[] = [];
  if (!isRank(rank)) problems.push(`its rank is ${rank}`);
  if (!isAlpha(alpha)) problems.push(`its alpha is ${alpha}`);
  if (adapter.blocks.length !== config.blockCount) {
    problems.push(`it has ${adapter.blocks.length} blocks, the base ${config.blockCount}`);
  }
  for (const { block, module, pair } of pairsOf(adapter.blocks)) {
    const name = `${module} of block ${block}`;
    if (!trainableModules(config).includes(module) || !adapter.config.targetModules.includes(module)) {
      problems.push(`${name} is not one of its target modules`);
      continue;
    }
    const [outFeatures, inFeatures] = moduleShape(module, config);
    if (pair.inFeatures !== inFeatures || pair.outFeatures !== outFeatures) {
      problems.push(
        `${name} is ${pair.outFeatures} x ${pair.inFeatures} instead of ${outFeatures} x ${inFeatures}`,
      );
    }
    if (pair.a.length !== rank * pair.inFeatures || pair.b.length !== pair.outFeatures * rank) {
      problems.push(`${name} has ${pair.a.length} and ${pair.b.length} values at rank ${rank}`);
    }
    const fault = faultOfNumbers(pair.a) ?? faultOfNumbers(pair.b);
    if (fault !== null) problems.push(`${name} ${fault}`);
  }
  if (problems.length > 0) throw incompatible('The adapter', problems);
}

/** Why no model can compute with these numbers, words that follow the name of what holds them; null when it can. */
export function faultOfNumbers(values: Float32Array): string | null {
  let largest = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) return 'holds numbers that are not finite';
    largest = Math.max(largest, Math.abs(value));
  }
  return largest > MAX_VALUE ? `holds numbers as large as ${largest.toExponential(0)}` : null;
}
