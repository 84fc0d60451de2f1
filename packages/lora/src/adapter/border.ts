import type { TargetModule } from '../transformer/config/adapter-config.js';
import { rotaryHeads } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import type { LoraAdapter, LoraPair } from './adapter.js';
import { permuteRows, unpermuteRows } from './row-order.js';

/** The row order of q and k in a format: see `TransformerConfig.rotaryLayout`. */
export type RotaryLayout = TransformerConfig['rotaryLayout'];

/** Blocks of an adapter, as `LoraAdapter.blocks`. */
export type AdapterBlocks = LoraAdapter['blocks'];

/**
 * A B matrix in the base's row order, brought into the row order `layout` of a format (the
 * same array if it already is).
 */
export function rowsToFormat(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  layout: RotaryLayout,
): Float32Array {
  return reorder(b, module, config, config.rotaryLayout, layout);
}

/** A B matrix in a format's row order `layout`, brought into the base's. */
export function rowsFromFormat(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  layout: RotaryLayout,
): Float32Array {
  return reorder(b, module, config, layout, config.rotaryLayout);
}

function reorder(
  b: Float32Array,
  module: TargetModule,
  config: TransformerConfig,
  from: RotaryLayout,
  to: RotaryLayout,
): Float32Array {
  const heads = rotaryHeads(config, module);
  if (heads === null || from === to) return b;
  const rows = heads * config.headSize;
  const move = to === 'interleaved' ? permuteRows : unpermuteRows;
  return move(b, rows, b.length / rows, heads);
}

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
