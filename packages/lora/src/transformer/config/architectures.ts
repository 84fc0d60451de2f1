import { LoraError } from '../../errors.js';
import type { WeightFormat } from '../../weights/weight-source.js';
import type { BlockWeight } from './modules.js';
import type { ArchitectureName, RotaryLayout, TransformerConfig } from './transformer-config.js';

/** A tensor's name in each format, without what all names of the format have around it. */
type NameByFormat = Readonly<Record<WeightFormat, string>>;

/** Numbers of a configuration that are read by a key of their own. */
export type ConfigNumber = Exclude<
  keyof TransformerConfig,
  'architecture' | 'vocabularySize' | 'rotaryLayout'
>;

/** Tensors of a model that belong to no block. The head is the embedding itself where a model has no tensor for it. */
export type ModelWeight = 'embedding' | 'norm' | 'head';

/** Everything in which the files of one architecture differ from those of another. */
export interface Architecture {
  /** GGUF's `general.architecture`; its metadata keys begin with it. */
  name: ArchitectureName;
  /** `model_type` in a Hugging Face config.json. */
  modelType: string;
  /** Where each number is: the GGUF's key behind the architecture's name, and the key in config.json (safetensors). */
  configKeys: Readonly<Record<ConfigNumber, NameByFormat>>;
  /** How the rows of q and k lie in each format, also in adapters. */
  rotaryLayout: Readonly<Record<WeightFormat, RotaryLayout>>;
  /** The frozen tensors of a block. */
  blockTensors: Readonly<Record<BlockWeight, NameByFormat>>;
  modelTensors: Readonly<Record<ModelWeight, NameByFormat>>;
}

const LLAMA: Architecture = {
  name: 'llama',
  modelType: 'llama',
  configKeys: {
    hiddenSize: { gguf: 'embedding_length', safetensors: 'hidden_size' },
    blockCount: { gguf: 'block_count', safetensors: 'num_hidden_layers' },
    headCount: { gguf: 'attention.head_count', safetensors: 'num_attention_heads' },
    keyValueHeadCount: { gguf: 'attention.head_count_kv', safetensors: 'num_key_value_heads' },
    headSize: { gguf: 'attention.key_length', safetensors: 'head_dim' },
    mlpSize: { gguf: 'feed_forward_length', safetensors: 'intermediate_size' },
    contextLength: { gguf: 'context_length', safetensors: 'max_position_embeddings' },
    ropeTheta: { gguf: 'rope.freq_base', safetensors: 'rope_theta' },
    rmsNormEpsilon: { gguf: 'attention.layer_norm_rms_epsilon', safetensors: 'rms_norm_eps' },
  },
  // llama.cpp's converter reorders the rows of this architecture: see `permuteRows`.
  rotaryLayout: { gguf: 'interleaved', safetensors: 'halves' },
  blockTensors: {
    input_layernorm: { gguf: 'attn_norm', safetensors: 'input_layernorm' },
    q_proj: { gguf: 'attn_q', safetensors: 'self_attn.q_proj' },
    k_proj: { gguf: 'attn_k', safetensors: 'self_attn.k_proj' },
    v_proj: { gguf: 'attn_v', safetensors: 'self_attn.v_proj' },
    o_proj: { gguf: 'attn_output', safetensors: 'self_attn.o_proj' },
    post_attention_layernorm: { gguf: 'ffn_norm', safetensors: 'post_attention_layernorm' },
    gate_proj: { gguf: 'ffn_gate', safetensors: 'mlp.gate_proj' },
    up_proj: { gguf: 'ffn_up', safetensors: 'mlp.up_proj' },
    down_proj: { gguf: 'ffn_down', safetensors: 'mlp.down_proj' },
  },
  modelTensors: {
    embedding: { gguf: 'token_embd', safetensors: 'model.embed_tokens' },
    norm: { gguf: 'output_norm', safetensors: 'model.norm' },
    head: { gguf: 'output', safetensors: 'lm_head' },
  },
};

/** The one table of architectures: what reads, names or reorders by architecture asks it. */
export const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = { llama: LLAMA };

/**
 * The entry whose name in a format is this.
 * @throws LoraError `transformer.unsupported-architecture`
 */
export function findArchitecture(name: unknown, format: WeightFormat): Architecture {
  const found = Object.values(ARCHITECTURES).find(
    (entry) => name === (format === 'gguf' ? entry.name : entry.modelType),
  );
  if (found) return found;
  throw unsupportedArchitecture(String(name));
}

/** The error for what this package cannot train; `architecture` is what the file says of itself. */
export function unsupportedArchitecture(architecture: string): LoraError {
  const supported = Object.keys(ARCHITECTURES).join(', ');
  return new LoraError(
    'transformer.unsupported-architecture',
    `The base model's architecture is ${architecture}; this version trains ${supported} only.`,
    {
      remedy: 'Choose a llama-architecture base model, such as smollm2-135m-instruct.',
      details: { architecture },
    },
  );
}

/** A frozen tensor of a block by its name in a format, without the closing `.weight`. */
export function blockTensorStem(
  { architecture }: TransformerConfig,
  format: WeightFormat,
  block: number,
  weight: BlockWeight,
): string {
  const prefix = format === 'gguf' ? 'blk' : 'model.layers';
  return `${prefix}.${block}.${ARCHITECTURES[architecture].blockTensors[weight][format]}`;
}

/** The full name of a tensor that belongs to no block. */
export function modelTensorName(
  { architecture }: Pick<TransformerConfig, 'architecture'>,
  format: WeightFormat,
  weight: ModelWeight,
): string {
  return `${ARCHITECTURES[architecture].modelTensors[weight][format]}.weight`;
}
