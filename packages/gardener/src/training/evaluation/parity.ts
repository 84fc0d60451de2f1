import type { ExampleScore, SupervisedExample } from '@codebase-gardener/lora';
import { present } from '../../garden/errors/present.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import type { SideScores } from './side-scores.js';

/**
 * Compares llama.cpp with our own forward under teacher forcing on the same tokens: how often the first
 * choice is the same, and the loss.
 * @param adapterFile GGUF adapter, or null for the base alone
 * @param options.positions how many to compare at least, where there are so many
 * @param options.limitMs no further example is begun after it; `positions` says how far it got
 */
export async function measureParity(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  examples: readonly SupervisedExample[],
  scores: readonly ExampleScore[],
  options: {
    positions: number;
    limitMs: number;
    signal?: AbortSignal;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<SideScores['parity']> {
  const start = performance.now();
  const parity = { agreed: 0, positions: 0, ourNll: 0, theirNll: 0 };
  for (const [index, { tokens, supervised }] of examples.entries()) {
    if (parity.positions >= options.positions || performance.now() - start > options.limitMs) break;
    options.signal?.throwIfAborted();
    const ours = present(scores[index]);
    const theirs = await runtime.score({ tokens: Array.from(tokens), adapter: adapterFile });
    for (let i = 1; i < tokens.length; i++) {
      if (supervised[i] !== 1) continue;
      if (theirs.top1[i - 1] === ours.top1[i]) parity.agreed++;
      parity.positions++;
      parity.ourNll += present(ours.nll[i]);
      parity.theirNll -= present(theirs.logProbability[i - 1]);
    }
    options.onProgress?.(Math.min(parity.positions, options.positions), options.positions);
  }
  return parity;
}
