/** GGUF's name of an architecture that can be trained; see `ARCHITECTURES`. */
export type ArchitectureName = 'llama' | 'qwen2' | 'qwen3' | 'gemma3' | 'granite' | 'smollm3' | 'phi3';

/**
 * Row order of q and k: `interleaved` = rotary pairs are neighbours (as llama.cpp's converter permutes the rows of a
 * llama); `halves` = pairs are half a head apart (Hugging Face's order, and that of most GGUF architectures).
 */
export type RotaryLayout = 'interleaved' | 'halves';

/** What one block does otherwise than its neighbours. Blocks of one kind are computed by one graph. */
export interface BlockKind {
  /** Base of the rotary angles; null for a block that does not rotate (https://arxiv.org/abs/2501.18795). */
  ropeTheta: number | null;
  /** What each of the headSize / 2 rotary frequencies is divided by; null for one. */
  rotaryFactors: readonly number[] | null;
  /** Positions that a token looks back on, itself included; null for all. */
  window: number | null;
}

/** Where a decoder differs from a plain llama, which `PLAIN_TRAITS` describes. */
export interface ArchitectureTraits {
  /** Queries, keys and values have a bias. */
  attentionBias: boolean;
  /** Each head of queries and keys is normalised before it is rotated. */
  headNorms: boolean;
  /** What attention and the MLP give is normalised before it is added to the residual stream. */
  outputNorms: boolean;
  /** `gelu` is the approximation by tanh. */
  activation: 'silu' | 'gelu';
  /** The embedding's rows are multiplied by this. */
  embeddingScale: number;
  /** What attention and the MLP give is multiplied by this before it is added to the residual stream. */
  residualScale: number;
  /** What the scores of attention are multiplied by; null for 1 / sqrt(headSize). */
  attentionScale: number | null;
  /** The logits are divided by this. */
  logitScale: number;
  /** The file holds queries, keys and values as one matrix, gate and up as another; an adapter trains these two. */
  fusedModules: boolean;
  /** Added to the weights of all norms as the file has them. */
  normOffset: number;
}

/** A llama as the paper has it: https://arxiv.org/abs/2302.13971. */
export const PLAIN_TRAITS: ArchitectureTraits = {
  attentionBias: false,
  headNorms: false,
  outputNorms: false,
  activation: 'silu',
  embeddingScale: 1,
  residualScale: 1,
  attentionScale: null,
  logitScale: 1,
  fusedModules: false,
  normOffset: 0,
};

/** The numbers that define a decoder, read from a GGUF's metadata or a Hugging Face config.json. */
export interface TransformerConfig extends ArchitectureTraits {
  architecture: ArchitectureName;
  hiddenSize: number;
  blockCount: number;
  headCount: number;
  keyValueHeadCount: number;
  headSize: number;
  mlpSize: number;
  vocabularySize: number;
  /** Longest sequence the base was trained for, in tokens. */
  contextLength: number;
  rmsNormEpsilon: number;
  /** Row order of q and k in the weights file. */
  rotaryLayout: RotaryLayout;
  /** One for each block; blocks of one kind share the object. */
  blockKinds: readonly BlockKind[];
}

/** The kinds that occur, each once, in the order of their first block. */
export function distinctBlockKinds({ blockKinds }: Pick<TransformerConfig, 'blockKinds'>): BlockKind[] {
  return [...new Set(blockKinds)];
}
