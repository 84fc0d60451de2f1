import type { TargetModule } from './adapter-config.js';
import type { TransformerConfig } from './transformer-config.js';

/** A norm of one transformer block. */
export type NormWeight = 'input_layernorm' | 'post_attention_layernorm';

/** A frozen tensor of one transformer block. */
export type BlockWeight = TargetModule | NormWeight;

/** The modules whose products become one: their weights lie one below the other. */
export const ATTENTION_INPUTS = ['q_proj', 'k_proj', 'v_proj'] as const;

/** Frozen matrices as 8-bit products take them: `attention` is the three of `ATTENTION_INPUTS`. */
export const QUANTIZED_MATRICES = ['attention', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type QuantizedName = (typeof QUANTIZED_MATRICES)[number];

/** A module with a product of its own. */
export type OwnProduct = Exclude<QuantizedName, 'attention'>;

/** The linear modules that a quantised matrix is made of. */
export function modulesOf(name: QuantizedName): readonly TargetModule[] {
  return name === 'attention' ? ATTENTION_INPUTS : [name];
}

/** [out, in] of a quantised matrix. */
export function quantizedShape(name: QuantizedName, config: TransformerConfig): [number, number] {
  const shapes = modulesOf(name).map((module) => moduleShape(module, config));
  // Modules that are multiplied together read the same input.
  return shapes.reduce(([rows], [out, inner]) => [rows + out, inner], [0, 0]);
}

/** Modules that read the same activation share one A product: their A matrices lie one below the other. */
export const MODULE_GROUPS: readonly (readonly TargetModule[])[] = [
  ATTENTION_INPUTS,
  ['o_proj'],
  ['gate_proj', 'up_proj'],
  ['down_proj'],
];

/** [out, in] of a block's linear module. */
export function moduleShape(module: TargetModule, config: TransformerConfig): [number, number] {
  const attention = config.headCount * config.headSize;
  const keyValue = config.keyValueHeadCount * config.headSize;
  const shapes: Record<TargetModule, [number, number]> = {
    q_proj: [attention, config.hiddenSize],
    k_proj: [keyValue, config.hiddenSize],
    v_proj: [keyValue, config.hiddenSize],
    o_proj: [config.hiddenSize, attention],
    gate_proj: [config.mlpSize, config.hiddenSize],
    up_proj: [config.mlpSize, config.hiddenSize],
    down_proj: [config.hiddenSize, config.mlpSize],
  };
  return shapes[module];
}

/** Heads that rotary embedding divides a module's rows into; null for the modules it does not touch. */
export function rotaryHeads(config: TransformerConfig, module: TargetModule): number | null {
  if (module === 'q_proj') return config.headCount;
  if (module === 'k_proj') return config.keyValueHeadCount;
  return null;
}

/** Shape of any frozen tensor of a block: [out, in] for a linear module, [hidden] for a norm. */
export function blockWeightShape(weight: BlockWeight, config: TransformerConfig): number[] {
  if (weight === 'input_layernorm' || weight === 'post_attention_layernorm') return [config.hiddenSize];
  return moduleShape(weight, config);
}
