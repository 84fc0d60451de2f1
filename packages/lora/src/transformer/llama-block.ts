import type { Graph, Value } from '../autodiff/graph.js';
import {
  cast,
  concat,
  gemm,
  mul,
  type RotaryTables,
  reshape,
  rmsNorm,
  rotary,
  silu,
  split,
  transpose,
} from '../autodiff/operators/index.js';
import type { AdapterConfig, TargetModule } from './adapter-config.js';
import type { TransformerConfig } from './architecture.js';
import { causalAttention } from './attention.js';
import type { NormWeight } from './modules.js';

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
  /** For each group of modules with one input, by its first targeted module: the A matrices stacked, [modules * rank, in]. */
  a: ReadonlyMap<TargetModule, Value>;
  /** B of each targeted module, [out, rank]. */
  b: ReadonlyMap<TargetModule, Value>;
  /** Dropout masks by the key of `a`, float32 [tokens, in], 0 or 1 / (1 - dropout); absent without dropout. */
  dropout: ReadonlyMap<TargetModule, Value>;
}

/** How one block multiplies by its frozen matrices. */
export interface FrozenProducts {
  /** Scales of the two norms, float32 [hidden]. */
  norms: Record<NormWeight, Value>;
  /** x W^T (+ residual). */
  product(module: TargetModule, x: Value, residual?: Value): Value;
  /**
   * Factors that make activations even before they are quantised (https://arxiv.org/abs/2211.10438): the frozen matrices
   * and norms hold them already, the adapter's matrices are multiplied here. Absent in float32.
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
  rotary: RotaryTables;
  /** float32 [rows, 1, sequence, sequence]: 0 where a position may look, a large negative number where not. */
  mask: Value;
  /** Round what is widest in the state to 16 bits, so that it takes half the memory while it is kept. Defaults to false. */
  halfState?: boolean;
}

/** What a block computes. */
export interface BlockValues {
  /** In pieces as the input, float32 [tokens of the piece, hidden]. */
  y: Value[];
  /** By name, the values that a backward pass starts from, beside the block's input. */
  state: Record<string, Value>;
  /** Inputs of the frozen products whose channels differ most in size, piece by piece; a calibration looks at them. */
  inputs: Record<'attention' | 'mlp' | 'down', Value[]>;
}

/** Tokens that go through the linear modules together: what more of them write from one module to the next leaves a core's own cache. */
const PIECE = 256;

/** Cuts what has a row for each token into pieces for `llamaBlock`: as few as there have to be, of nearly one size. */
export function inPieces(graph: Graph, value: Value): Value[] {
  const tokens = value.shape[0]!;
  const count = Math.ceil(tokens / PIECE);
  if (count === 1) return [value];
  const border = (i: number) => Math.floor((i * tokens) / count);
  const sizes = Array.from({ length: count }, (_, i) => border(i + 1) - border(i));
  return split(graph, value, 0, sizes);
}

/**
 * One llama block: x + attention(norm(x)), then + mlp(norm(.)), with LoRA on any of the seven linear modules. Only attention
 * looks at all tokens at once; the rest goes piece by piece.
 * @param pieces of float32 [rows * sequence, hidden], see `inPieces`
 */
export function llamaBlock(graph: Graph, pieces: readonly Value[], context: BlockContext): BlockValues {
  const { config } = context;
  const join = (parts: readonly Value[]) => concat(graph, parts, 0);
  const contexts = pieceContexts(graph, context, pieces.length);

  const projected = pieces.map((piece, i) => projections(graph, piece, contexts[i]!));
  const q = join(projected.map((piece) => piece.q));
  const k = join(projected.map((piece) => piece.k));
  const v = join(projected.map((piece) => piece.v));
  const perHead = causalAttention(graph, {
    q: toHeads(graph, rotateRows(graph, q, context), config.headCount, context),
    k: toHeads(graph, rotateRows(graph, k, context), config.keyValueHeadCount, context),
    v: toHeads(graph, v, config.keyValueHeadCount, context),
    mask: context.mask,
  });
  const attended = fromHeads(graph, perHead);
  const finished = inPieces(graph, attended).map((piece, i) =>
    afterAttention(graph, piece, pieces[i]!, contexts[i]!),
  );
  const kept = finished.flatMap(({ middle, gate, up }, i) =>
    Object.entries({ middle, gate, up }).map(([name, value]) => [`${name}.${i}`, value]),
  );
  return {
    y: finished.map(({ y }) => y),
    state: { q, k, v, attended, ...Object.fromEntries(kept) },
    inputs: {
      attention: projected.map(({ input }) => input),
      mlp: finished.map(({ input }) => input),
      down: finished.map(({ activated }) => activated),
    },
  };
}

/** The context of each piece: its own rows of the dropout masks. */
function pieceContexts(graph: Graph, context: BlockContext, count: number): BlockContext[] {
  const { lora } = context;
  const masks = [...(lora?.dropout ?? [])].map(([module, mask]) => [module, inPieces(graph, mask)] as const);
  return Array.from({ length: count }, (_, i) => ({
    ...context,
    lora: lora && { ...lora, dropout: new Map(masks.map(([module, parts]) => [module, parts[i]!])) },
  }));
}

/** Norm, then queries, keys and values. */
function projections(graph: Graph, x: Value, context: BlockContext) {
  const { config, frozen } = context;
  const input = rmsNorm(graph, x, frozen.norms.input_layernorm, config.rmsNormEpsilon);
  const group = {
    modules: ['q_proj', 'k_proj', 'v_proj'] as const,
    inputFactor: frozen.smoothing?.attention,
  };
  const [q, k, v] = linear(graph, input, group, context);
  return { input, q: q!, k: k!, v: v! };
}

/** The output projection of attention and its residual, then the MLP and its own. */
function afterAttention(graph: Graph, attended: Value, x: Value, context: BlockContext) {
  const { config, frozen } = context;
  const { smoothing } = frozen;
  const [middle] = linear(graph, attended, { modules: ['o_proj'], residual: x }, context);
  const input = rmsNorm(graph, middle!, frozen.norms.post_attention_layernorm, config.rmsNormEpsilon);
  const gateUp = {
    modules: ['gate_proj', 'up_proj'] as const,
    inputFactor: smoothing?.mlp,
    outputFactor: { up_proj: smoothing?.downInverse },
  };
  const [gate, up] = linear(graph, input, gateUp, context).map((value) =>
    context.halfState ? cast(graph, value, 'float16') : value,
  ) as [Value, Value];
  const [gated, multiplied] = [gate, up].map((value) =>
    context.halfState ? cast(graph, value, 'float32') : value,
  ) as [Value, Value];
  const activated = mul(graph, silu(graph, gated), multiplied);
  const down = { modules: ['down_proj'] as const, inputFactor: smoothing?.down, residual: middle! };
  const [y] = linear(graph, activated, down, context);
  return { middle: middle!, input, gate, up, activated, y: y! };
}

/** Linear modules that read one input. */
interface LinearGroup {
  modules: readonly TargetModule[];
  /** Factors that the input was divided by, [in]: A is multiplied by them. */
  inputFactor?: Value | undefined;
  /** Factors that a module's frozen output is multiplied by, [out, 1]: B is multiplied by them. */
  outputFactor?: Partial<Record<TargetModule, Value | undefined>>;
  residual?: Value;
}

/**
 * W x + (alpha / rank) B A x (+ residual) for modules that read the same x; the A products are one product.
 * https://arxiv.org/abs/2106.09685
 */
function linear(graph: Graph, x: Value, group: LinearGroup, { frozen, lora }: BlockContext): Value[] {
  const { modules, residual, inputFactor, outputFactor } = group;
  const products = modules.map((module) => frozen.product(module, x, residual));
  const targeted = modules.filter((module) => lora?.b.has(module));
  if (!lora || targeted.length === 0) return products;

  const { rank, alpha } = lora.config;
  const mask = lora.dropout.get(targeted[0]!);
  const input = mask ? mul(graph, x, mask) : x;
  const stackedA = lora.a.get(targeted[0]!)!;
  const a = inputFactor ? mul(graph, stackedA, inputFactor) : stackedA;
  const projected = gemm(graph, input, a, { transB: true });
  const ranks = targeted.map(() => rank);
  const parts = targeted.length === 1 ? [projected] : split(graph, projected, 1, ranks);
  return modules.map((module, i) => {
    const part = parts[targeted.indexOf(module)];
    if (!part) return products[i]!;
    const factor = outputFactor?.[module];
    const b = factor ? mul(graph, lora.b.get(module)!, factor) : lora.b.get(module)!;
    return gemm(graph, part, b, { transB: true, alpha: alpha / rank }, products[i]!);
  });
}

/** Applies rotary embeddings to [tokens, heads * headSize]. */
function rotateRows(graph: Graph, x: Value, { batch, rotary: tables }: BlockContext): Value {
  const sequences = reshape(graph, x, [batch.rows, batch.sequenceLength, x.shape[1]!]);
  return rotary(graph, sequences, tables);
}

/** [tokens, heads * headSize] to [rows, heads, sequence, headSize]. */
function toHeads(graph: Graph, x: Value, heads: number, { batch, config }: BlockContext): Value {
  const separated = reshape(graph, x, [batch.rows, batch.sequenceLength, heads, config.headSize]);
  return transpose(graph, separated, [0, 2, 1, 3]);
}

/** [rows, heads, sequence, headSize] back to [tokens, heads * headSize]. */
function fromHeads(graph: Graph, x: Value): Value {
  const [rows, heads, sequence, headSize] = x.shape as [number, number, number, number];
  return reshape(graph, transpose(graph, x, [0, 2, 1, 3]), [rows * sequence, heads * headSize]);
}
