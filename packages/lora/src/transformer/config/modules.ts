import type { WeightFormat } from '../../weights/weight-source.js';
import { FUSED_TARGET_MODULES, TARGET_MODULES, type TargetModule } from './adapter-config.js';
import type { TransformerConfig } from './transformer-config.js';

/** A linear module with a frozen matrix of its own in the graphs, also where the file holds several as one. */
export type LinearModule = (typeof TARGET_MODULES)[number];

/** The norms before attention and before the MLP, which every block has. */
export type NormWeight = 'input_layernorm' | 'post_attention_layernorm';

/** Vectors that only some architectures have: norms of what attention and the MLP give, norms of a head, biases. */
export type ExtraWeight =
  | 'attention_output_norm'
  | 'mlp_output_norm'
  | 'q_norm'
  | 'k_norm'
  | 'q_bias'
  | 'k_bias'
  | 'v_bias';

/** A frozen tensor of one transformer block. */
export type BlockWeight = LinearModule | NormWeight | ExtraWeight;

/** Where a tensor of a block is found in each format, behind `blk.N.` and `model.layers.N.`. */
export type TensorNames = Readonly<Record<WeightFormat, string>>;

const LINEAR_NAMES: Readonly<Record<TargetModule, TensorNames>> = {
  q_proj: { gguf: 'attn_q', safetensors: 'self_attn.q_proj' },
  k_proj: { gguf: 'attn_k', safetensors: 'self_attn.k_proj' },
  v_proj: { gguf: 'attn_v', safetensors: 'self_attn.v_proj' },
  qkv_proj: { gguf: 'attn_qkv', safetensors: 'self_attn.qkv_proj' },
  o_proj: { gguf: 'attn_output', safetensors: 'self_attn.o_proj' },
  gate_proj: { gguf: 'ffn_gate', safetensors: 'mlp.gate_proj' },
  up_proj: { gguf: 'ffn_up', safetensors: 'mlp.up_proj' },
  gate_up_proj: { gguf: 'ffn_up', safetensors: 'mlp.gate_up_proj' },
  down_proj: { gguf: 'ffn_down', safetensors: 'mlp.down_proj' },
};

/**
 * Names of the tensors that belong to no block. A model without a head of its own has the embedding in its place.
 */
export const TOP_LEVEL_NAMES: Readonly<Record<WeightFormat, Record<'embedding' | 'norm' | 'head', string>>> =
  {
    gguf: { embedding: 'token_embd.weight', norm: 'output_norm.weight', head: 'output.weight' },
    safetensors: {
      embedding: 'model.embed_tokens.weight',
      norm: 'model.norm.weight',
      head: 'lm_head.weight',
    },
  };

/** The name of a linear module's tensors in a format, without its block and the closing `.weight`. */
export function moduleName(format: WeightFormat, module: TargetModule): string {
  return LINEAR_NAMES[module][format];
}

/** The name of any tensor of a block in a format. */
export function blockTensorName(format: WeightFormat, block: number, name: string): string {
  return `${format === 'gguf' ? 'blk' : 'model.layers'}.${block}.${name}`;
}

/** A linear module of a block by its name in a format, without the closing `.weight`. */
export function blockTensorStem(format: WeightFormat, block: number, module: TargetModule): string {
  return blockTensorName(format, block, moduleName(format, module));
}

/** The norms and biases that a model's blocks have, and where they are found. */
export function vectorNames(config: TransformerConfig): Map<NormWeight | ExtraWeight, TensorNames> {
  const names = new Map<NormWeight | ExtraWeight, TensorNames>();
  const add = (weight: NormWeight | ExtraWeight, gguf: string, safetensors: string, kind = 'weight') =>
    names.set(weight, { gguf: `${gguf}.${kind}`, safetensors: `${safetensors}.${kind}` });
  add('input_layernorm', 'attn_norm', 'input_layernorm');
  // With a norm behind attention, Hugging Face calls that one the norm after attention.
  const beforeMlp = config.outputNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
  add('post_attention_layernorm', 'ffn_norm', beforeMlp);
  if (config.outputNorms) {
    add('attention_output_norm', 'post_attention_norm', 'post_attention_layernorm');
    add('mlp_output_norm', 'post_ffw_norm', 'post_feedforward_layernorm');
  }
  if (config.headNorms) {
    add('q_norm', 'attn_q_norm', 'self_attn.q_norm');
    add('k_norm', 'attn_k_norm', 'self_attn.k_norm');
  }
  if (config.attentionBias) {
    add('q_bias', 'attn_q', 'self_attn.q_proj', 'bias');
    add('k_bias', 'attn_k', 'self_attn.k_proj', 'bias');
    add('v_bias', 'attn_v', 'self_attn.v_proj', 'bias');
  }
  return names;
}

/** The matrices of a block as its file holds them, each with the modules whose rows lie in it one below the other. */
export function fileMatrices({
  fusedModules,
}: TransformerConfig): Map<TargetModule, readonly LinearModule[]> {
  if (!fusedModules) return new Map(TARGET_MODULES.map((module) => [module, [module]]));
  return new Map<TargetModule, readonly LinearModule[]>([
    ['qkv_proj', ATTENTION_INPUTS],
    ['o_proj', ['o_proj']],
    ['gate_up_proj', ['gate_proj', 'up_proj']],
    ['down_proj', ['down_proj']],
  ]);
}

/** The modules that an adapter of this base may train: its file's matrices, as PEFT has it. */
export function trainableModules({ fusedModules }: TransformerConfig): readonly TargetModule[] {
  return fusedModules ? FUSED_TARGET_MODULES : TARGET_MODULES;
}

/** The modules whose products become one: their weights lie one below the other. */
export const ATTENTION_INPUTS = ['q_proj', 'k_proj', 'v_proj'] as const;

/** Frozen matrices as 8-bit products take them: `attention` is the three of `ATTENTION_INPUTS`. */
export const QUANTIZED_MATRICES = ['attention', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type QuantizedName = (typeof QUANTIZED_MATRICES)[number];

/** A module with a product of its own. */
export type OwnProduct = Exclude<QuantizedName, 'attention'>;

/** The linear modules that a quantised matrix is made of. */
export function modulesOf(name: QuantizedName): readonly LinearModule[] {
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
  ['qkv_proj'],
  ['o_proj'],
  ['gate_proj', 'up_proj'],
  ['gate_up_proj'],
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
    qkv_proj: [attention + 2 * keyValue, config.hiddenSize],
    o_proj: [config.hiddenSize, attention],
    gate_proj: [config.mlpSize, config.hiddenSize],
    up_proj: [config.mlpSize, config.hiddenSize],
    gate_up_proj: [2 * config.mlpSize, config.hiddenSize],
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

/** Length of a norm or bias of a block. */
export function vectorSize(weight: NormWeight | ExtraWeight, config: TransformerConfig): number {
  const { hiddenSize, headSize, headCount, keyValueHeadCount } = config;
  const sizes: Record<NormWeight | ExtraWeight, number> = {
    input_layernorm: hiddenSize,
    post_attention_layernorm: hiddenSize,
    attention_output_norm: hiddenSize,
    mlp_output_norm: hiddenSize,
    q_norm: headSize,
    k_norm: headSize,
    q_bias: headCount * headSize,
    k_bias: keyValueHeadCount * headSize,
    v_bias: keyValueHeadCount * headSize,
  };
  return sizes[weight];
}
