import type { Value } from '../../autodiff/graph.js';
import type { RotaryTables } from '../../autodiff/operators/index.js';
import type { AdapterConfig, TargetModule } from '../config/adapter-config.js';
import type { ExtraWeight, NormWeight, OwnProduct } from '../config/modules.js';
import type { TransformerConfig } from '../config/transformer-config.js';

/** In what numbers the frozen products are computed; everything else is float32 always. */
export type Precision = 'float32' | 'int8';

/** The batch a graph is built for. */
export interface BatchShape {
  /** Sequences in a batch. */
  rows: number;
  /** Tokens in a sequence. */
  sequenceLength: number;
}

/** The trainable values of one block. */
export interface BlockLora {
  config: AdapterConfig;
  /**
   * For each group of modules with one input, by its first targeted module: the A matrices
   * stacked, [modules * rank, in].
   */
  a: ReadonlyMap<TargetModule, Value>;
  /** B of each targeted module, [out, rank]. */
  b: ReadonlyMap<TargetModule, Value>;
  /** Dropout masks by the key of `a`, uint8 [tokens, in], 1 for what stays; absent without dropout. */
  dropout: ReadonlyMap<TargetModule, Value>;
}

/** How one block multiplies by its frozen matrices. */
export interface FrozenProducts {
  /** Scales of the two norms that every block has, float32 [hidden]. */
  norms: Record<NormWeight, Value>;
  /** The other norms and the biases, where the architecture has them. */
  extras: Partial<Record<ExtraWeight, Value>>;
  /** x W^T (+ residual). */
  product(module: OwnProduct, x: Value, residual?: Value): Value;
  /** x W^T of queries, keys and values side by side. */
  attentionProduct(x: Value): Value;
  /**
   * Factors that make activations even before they are quantised (https://arxiv.org/abs/2211.10438): the frozen
   * matrices and norms hold them already, the adapter's matrices are multiplied here. Absent in float32.
   */
  smoothing?: { attention: Value; mlp: Value; down: Value; downInverse: Value };
}

/** What one transformer block needs beside its input. */
export interface BlockContext {
  config: TransformerConfig;
  batch: BatchShape;
  frozen: FrozenProducts;
  /** Null for the base model alone. */
  lora: BlockLora | null;
  /** Null for a block that does not rotate. */
  rotary: RotaryTables | null;
  /** See `maskChunks`; 0 where a position may look, a large negative number where not. */
  masks: readonly Value[];
}

/** What a block computes. */
export interface BlockValues {
  /** In pieces as the input, float32 [tokens of the piece, hidden]. */
  y: Value[];
  /** By name, in the order they are made, the values that a backward pass starts from, beside the block's input. */
  state: Record<string, Value>;
  /** Inputs of the frozen products whose channels differ most in size, piece by piece; a calibration looks at them. */
  inputs: Record<'attention' | 'mlp' | 'down', Value[]>;
}
