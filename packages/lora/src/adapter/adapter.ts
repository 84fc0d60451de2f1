import type { AdapterConfig, TargetModule } from '../transformer/config/adapter-config.js';

/** One pair of low-rank matrices. The weight becomes W + (alpha / rank) * B A. */
export interface LoraPair {
  /** [rank, in], row-major */
  a: Float32Array;
  /** [out, rank], row-major */
  b: Float32Array;
  inFeatures: number;
  outFeatures: number;
}

/**
 * A LoRA adapter in memory. Rows of q_proj and k_proj are in the row order of the BASE WEIGHTS IT WAS TRAINED ON:
 * for a llama-architecture GGUF that is llama.cpp's permuted order (see `permuteRows` in row-order.ts);
 * writers and readers of a format convert at the border.
 */
export interface LoraAdapter {
  config: AdapterConfig;
  /** Per transformer block, the trained modules. */
  blocks: ReadonlyArray<Partial<Record<TargetModule, LoraPair>>>;
}

/**
 * The same adapter with its effect multiplied: W + strength * (alpha / rank) * B A. Shares the matrices.
 * @param strength above 0; 1 leaves the adapter as it was trained
 */
export function scaleAdapter(adapter: LoraAdapter, strength: number): LoraAdapter {
  if (strength === 1) return adapter;
  return { ...adapter, config: { ...adapter.config, alpha: adapter.config.alpha * strength } };
}

/** Blocks of an adapter, as `LoraAdapter.blocks`. */
export type AdapterBlocks = LoraAdapter['blocks'];

/** Every pair of an adapter with its place, blocks in order and modules in the order they were put in. */
export function* pairsOf(blocks: AdapterBlocks): Generator<{
  block: number;
  module: TargetModule;
  pair: LoraPair;
}> {
  for (const [block, modules] of blocks.entries()) {
    for (const [module, pair] of Object.entries(modules) as [TargetModule, LoraPair | undefined][]) {
      if (pair !== undefined) yield { block, module, pair };
    }
  }
}
