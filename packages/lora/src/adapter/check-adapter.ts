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

/** Whether an alpha can be used: finite and above 0 (llama.cpp reads 0 as "no scaling"). */
export function isAlpha(alpha: unknown): alpha is number {
  return typeof alpha === 'number' && Number.isFinite(alpha) && alpha > 0;
}

/**
 * Checks an adapter before it is written: rank, alpha, block count, the size of every matrix, and that all numbers are
 * finite.
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
    if (!allFinite(pair.a) || !allFinite(pair.b)) problems.push(`${name} holds numbers that are not finite`);
  }
  if (problems.length > 0) throw incompatible('The adapter', problems);
}

/** Whether no value is NaN or infinite. */
export function allFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}
