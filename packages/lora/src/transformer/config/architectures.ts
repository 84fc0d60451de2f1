import { LoraError } from '../../errors.js';
import type { WeightFormat } from '../../weights/weight-source.js';
import type { ArchitectureName, ArchitectureTraits, BlockKind, RotaryLayout } from './transformer-config.js';

/** Numbers and other values of a model's description, by the key of its format; undefined where it says nothing. */
export interface Description {
  number(key: string): number | undefined;
  raw(key: string): unknown;
}

/** The sizes that traits depend on. */
export interface BlockSizes {
  hiddenSize: number;
  blockCount: number;
  headCount: number;
  headSize: number;
}

/** What is read of one format: the differences from a plain llama, and what each block does. */
interface FormatReader {
  traits?(description: Description, sizes: BlockSizes): Partial<ArchitectureTraits>;
  /** What is not the same in every block or not `plainBlock`; by default all blocks are `plain`. */
  blocks?(description: Description, sizes: BlockSizes, plain: BlockKind): readonly BlockKind[];
}

/** One architecture: how its files are named, laid out and read. */
export interface Architecture {
  /** `model_type` of config.json, for the models that have this architecture. */
  huggingFace: readonly string[];
  /** Row order of q and k in each format, also in adapters: llama.cpp's converter permutes the rows of some. */
  rotaryLayout: Readonly<Record<WeightFormat, RotaryLayout>>;
  gguf: FormatReader;
  /** config.json beside safetensors. */
  safetensors: FormatReader;
}

const PERMUTED = { gguf: 'interleaved', safetensors: 'halves' } as const;
const NOT_PERMUTED = { gguf: 'halves', safetensors: 'halves' } as const;

/** Gemma 3: every sixth block looks at everything, the others at a window, with a base of their own. */
const GEMMA_PATTERN = 6;
const GEMMA_LOCAL_THETA = 10_000;
/** llama.cpp's and the paper's exception: the model of 27B has as many blocks. */
const GEMMA_27B_BLOCKS = 62;
/** SmolLM3: every fourth block does not rotate. */
const SMOLLM3_PATTERN = 4;

/**
 * Every architecture that can be trained, by GGUF's name. A new one is a new entry; what it does differently is a trait
 * (`ArchitectureTraits`) or a kind of block.
 */
export const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = {
  // Llama 1 to 3, SmolLM, SmolLM2; Mistral's blocks are the same.
  llama: {
    huggingFace: ['llama', 'mistral'],
    rotaryLayout: PERMUTED,
    gguf: {},
    safetensors: {
      traits: (description) => refuse(description, ['attention_bias', 'mlp_bias']),
      blocks: (description, sizes, plain) => {
        const window = description.number('sliding_window') ?? null;
        return allBlocks(sizes, { ...plain, window });
      },
    },
  },
  // https://arxiv.org/abs/2407.10671; also Qwen2.5 and Qwen2.5-Coder.
  qwen2: {
    huggingFace: ['qwen2'],
    rotaryLayout: NOT_PERMUTED,
    gguf: { traits: () => ({ attentionBias: true }) },
    safetensors: {
      traits: (description) => ({ ...refuse(description, ['use_sliding_window']), attentionBias: true }),
    },
  },
  // https://arxiv.org/abs/2505.09388
  qwen3: {
    huggingFace: ['qwen3'],
    rotaryLayout: NOT_PERMUTED,
    gguf: { traits: () => ({ headNorms: true }) },
    safetensors: {
      traits: (description) => ({
        ...refuse(description, ['use_sliding_window', 'attention_bias']),
        headNorms: true,
      }),
    },
  },
  // https://arxiv.org/abs/2503.19786, the models of text
  gemma3: {
    huggingFace: ['gemma3_text'],
    rotaryLayout: NOT_PERMUTED,
    gguf: {
      traits: (_description, { hiddenSize, headCount, blockCount }) => ({
        ...gemmaTraits(hiddenSize),
        ...(blockCount === GEMMA_27B_BLOCKS ? { attentionScale: 1 / Math.sqrt(hiddenSize / headCount) } : {}),
      }),
      blocks: (description, sizes, plain) => {
        const local = {
          ropeTheta: description.number('rope.freq_base_swa') ?? GEMMA_LOCAL_THETA,
          rotaryFactors: null,
          window: description.number('attention.sliding_window') ?? null,
        };
        return gemmaBlocks(sizes, plain, local, (index) => (index + 1) % GEMMA_PATTERN === 0);
      },
    },
    safetensors: {
      traits: (description, { hiddenSize }) => {
        const scalar = description.number('query_pre_attn_scalar');
        return {
          ...refuse(description, ['attn_logit_softcapping', 'final_logit_softcapping', 'attention_bias']),
          ...gemmaTraits(hiddenSize),
          ...(scalar ? { attentionScale: 1 / Math.sqrt(scalar) } : {}),
          normOffset: 1,
        };
      },
      blocks: (description, sizes, plain) => {
        const rope = description.raw('rope_parameters') as
          | Record<string, Record<string, unknown>>
          | undefined;
        const theta = rope?.sliding_attention?.rope_theta ?? description.number('rope_local_base_freq');
        const local = {
          ropeTheta: typeof theta === 'number' ? theta : GEMMA_LOCAL_THETA,
          rotaryFactors: null,
          window: description.number('sliding_window') ?? null,
        };
        const types = description.raw('layer_types');
        const isGlobal = (index: number) =>
          Array.isArray(types) ? types[index] === 'full_attention' : (index + 1) % GEMMA_PATTERN === 0;
        return gemmaBlocks(sizes, plain, local, isGlobal);
      },
    },
  },
  // https://huggingface.co/docs/transformers/model_doc/granite
  granite: {
    huggingFace: ['granite'],
    rotaryLayout: PERMUTED,
    gguf: {
      traits: (description) => ({
        embeddingScale: description.number('embedding_scale') || 1,
        residualScale: description.number('residual_scale') || 1,
        attentionScale: description.number('attention.scale') || null,
        logitScale: description.number('logit_scale') || 1,
      }),
    },
    safetensors: {
      traits: (description) => ({
        ...refuse(description, ['attention_bias', 'mlp_bias']),
        embeddingScale: description.number('embedding_multiplier') || 1,
        residualScale: description.number('residual_multiplier') || 1,
        attentionScale: description.number('attention_multiplier') || null,
        logitScale: description.number('logits_scaling') || 1,
      }),
    },
  },
  // https://huggingface.co/blog/smollm3
  smollm3: {
    huggingFace: ['smollm3'],
    rotaryLayout: PERMUTED,
    gguf: {
      blocks: (_description, sizes, plain) =>
        smollm3Blocks(sizes, plain, (index) => (index + 1) % SMOLLM3_PATTERN !== 0),
    },
    safetensors: {
      traits: (description) => refuse(description, ['use_sliding_window', 'attention_bias', 'mlp_bias']),
      blocks: (description, sizes, plain) => {
        const rotates = description.raw('no_rope_layers');
        const step = description.number('no_rope_layer_interval') ?? SMOLLM3_PATTERN;
        return smollm3Blocks(sizes, plain, (index) =>
          Array.isArray(rotates) ? rotates[index] === 1 : (index + 1) % step !== 0,
        );
      },
    },
  },
  // https://arxiv.org/abs/2404.14219
  phi3: {
    huggingFace: ['phi3'],
    rotaryLayout: NOT_PERMUTED,
    gguf: {
      traits: () => ({ fusedModules: true }),
      blocks: (description, sizes, plain) =>
        allBlocks(sizes, { ...plain, window: description.number('attention.sliding_window') || null }),
    },
    safetensors: {
      traits: () => ({ fusedModules: true }),
      blocks: (description, sizes, plain) =>
        allBlocks(sizes, { ...plain, window: description.number('sliding_window') ?? null }),
    },
  },
};

/** The architecture of a Hugging Face model; null where it is none of ours. */
export function architectureOfModelType(modelType: unknown): ArchitectureName | null {
  for (const [name, { huggingFace }] of Object.entries(ARCHITECTURES)) {
    if (huggingFace.some((type) => type === modelType)) return name as ArchitectureName;
  }
  return null;
}

/** Whether a GGUF's architecture can be trained. */
export function isArchitecture(name: unknown): name is ArchitectureName {
  return typeof name === 'string' && Object.hasOwn(ARCHITECTURES, name);
}

/** The error of an architecture, or a variant of one, that cannot be trained; it names those that can. */
export function unsupportedArchitecture(what: string): LoraError {
  const supported = Object.keys(ARCHITECTURES).join(', ');
  return new LoraError(
    'transformer.unsupported-architecture',
    `The base model's architecture is ${what}; this version trains ${supported}.`,
    {
      remedy: 'Choose a base model of one of these architectures, such as Qwen2.5-Coder or SmolLM2.',
      details: { architecture: what, supported },
    },
  );
}

/** Nothing, where none of these keys is set: they change what a model computes in a way that no trait describes. */
function refuse(description: Description, keys: readonly string[]): Record<string, never> {
  const set = keys.find((key) => description.raw(key));
  if (set !== undefined)
    throw unsupportedArchitecture(`${String(description.raw('model_type'))} with ${set}`);
  return {};
}

function gemmaTraits(hiddenSize: number): Partial<ArchitectureTraits> {
  return {
    ...{ headNorms: true, outputNorms: true, activation: 'gelu' },
    embeddingScale: Math.sqrt(hiddenSize),
  };
}

function gemmaBlocks(
  { blockCount }: BlockSizes,
  everything: BlockKind,
  local: BlockKind,
  isGlobal: (index: number) => boolean,
): BlockKind[] {
  return Array.from({ length: blockCount }, (_, index) => (isGlobal(index) ? everything : local));
}

function smollm3Blocks(
  { blockCount }: BlockSizes,
  plain: BlockKind,
  rotates: (index: number) => boolean,
): BlockKind[] {
  const still = { ...plain, ropeTheta: null, rotaryFactors: null };
  return Array.from({ length: blockCount }, (_, index) => (rotates(index) ? plain : still));
}

/** The same for every block. */
export function allBlocks({ blockCount }: BlockSizes, kind: BlockKind): BlockKind[] {
  return Array.from({ length: blockCount }, () => kind);
}
