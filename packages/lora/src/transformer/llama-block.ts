import type { Graph, Value } from '../autodiff/graph.js';
import {
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
import type { BlockWeight } from './modules.js';

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

/** What one transformer block needs beside its input. */
export interface BlockContext {
  config: TransformerConfig;
  batch: BatchShape;
  weights: Record<BlockWeight, Value>;
  /** Null for the base model alone. */
  lora: BlockLora | null;
  rotary: RotaryTables;
  /** float32 [rows, 1, sequence, sequence]: 0 where a position may look, a large negative number where not. */
  mask: Value;
}

/**
 * One llama block: x + attention(norm(x)), then + mlp(norm(.)), with LoRA on any of the seven linear modules.
 * @param x float32 [rows * sequence, hidden]
 * @returns float32 [rows * sequence, hidden]
 */
export function llamaBlock(graph: Graph, x: Value, context: BlockContext): Value {
  const { config, weights } = context;
  const attentionInput = rmsNorm(graph, x, weights.input_layernorm, config.rmsNormEpsilon);
  const [q, k, v] = linear(graph, attentionInput, ['q_proj', 'k_proj', 'v_proj'], context);
  const attended = causalAttention(graph, {
    q: toHeads(graph, rotateRows(graph, q!, context), config.headCount, context),
    k: toHeads(graph, rotateRows(graph, k!, context), config.keyValueHeadCount, context),
    v: toHeads(graph, v!, config.keyValueHeadCount, context),
    mask: context.mask,
  });
  const [middle] = linear(graph, fromHeads(graph, attended), ['o_proj'], context, x);

  const mlpInput = rmsNorm(graph, middle!, weights.post_attention_layernorm, config.rmsNormEpsilon);
  const [gate, up] = linear(graph, mlpInput, ['gate_proj', 'up_proj'], context);
  const activated = mul(graph, silu(graph, gate!), up!);
  return linear(graph, activated, ['down_proj'], context, middle)[0]!;
}

/**
 * W x + (alpha / rank) B A x (+ residual) for modules that read the same x; the A products are one product.
 * https://arxiv.org/abs/2106.09685
 */
function linear(
  graph: Graph,
  x: Value,
  modules: readonly TargetModule[],
  { weights, lora }: BlockContext,
  residual?: Value,
): Value[] {
  const frozen = modules.map((module) => gemm(graph, x, weights[module], { transB: true }, residual));
  const targeted = modules.filter((module) => lora?.b.has(module));
  if (!lora || targeted.length === 0) return frozen;

  const { rank, alpha } = lora.config;
  const mask = lora.dropout.get(targeted[0]!);
  const input = mask ? mul(graph, x, mask) : x;
  const projected = gemm(graph, input, lora.a.get(targeted[0]!)!, { transB: true });
  const parts =
    targeted.length === 1
      ? [projected]
      : split(
          graph,
          projected,
          1,
          targeted.map(() => rank),
        );
  return modules.map((module, i) => {
    const part = parts[targeted.indexOf(module)];
    return part
      ? gemm(graph, part, lora.b.get(module)!, { transB: true, alpha: alpha / rank }, frozen[i]!)
      : frozen[i]!;
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
