import type { Graph, Value } from '../../autodiff/graph.js';
import {
  add,
  cast,
  concat,
  gelu,
  matmul,
  mul,
  reshape,
  rmsNorm,
  rotary,
  silu,
  split,
  transpose,
} from '../../autodiff/operators/index.js';
import type { TargetModule } from '../config/adapter-config.js';
import { ATTENTION_INPUTS, type OwnProduct } from '../config/modules.js';
import { type AdapterMatrices, adapterMatrices } from './adapter-matrices.js';
import { causalAttention } from './attention.js';
import type { BlockContext, BlockValues } from './block-context.js';
import { inPieces } from './token-pieces.js';

/**
 * One decoder block: x + attention(norm(x)), then + mlp(norm(.)), with LoRA on any of its linear modules, and what the
 * architecture does otherwise (`ArchitectureTraits`). Only attention looks at all tokens at once; the rest goes piece
 * by piece.
 * @param pieces of float32 [rows * sequence, hidden], see `inPieces`
 */
export function decoderBlock(graph: Graph, pieces: readonly Value[], context: BlockContext): BlockValues {
  const { config, lora, frozen, masks } = context;
  const matrices = lora && adapterMatrices(graph, lora, frozen, config);
  const contexts = pieceContexts(graph, { ...context, matrices }, pieces.length);

  const projected = pieces.map((piece, i) => projections(graph, piece, contexts[i]!));
  const joined = projected.map(({ output }) => output);
  const { q, k, v } = headsOf(graph, concat(graph, joined, 0), context);
  const attention = causalAttention(graph, { q, k, v, masks, scale: config.attentionScale });
  const attended = fromHeads(graph, attention.output);
  const finished = inPieces(graph, attended).map((piece, i) =>
    afterAttention(graph, piece, pieces[i]!, contexts[i]!),
  );
  const ofPieces = (name: 'middle' | 'gate' | 'up') =>
    numbered(
      name,
      finished.map((piece) => piece[name]),
    );
  const lowRank = contexts.flatMap((piece) => piece.lowRank);
  return {
    y: finished.map(({ y }) => y),
    state: {
      ...{ q, k, v, ...numbered('weights', attention.weights), attended },
      ...{ ...ofPieces('middle'), ...ofPieces('gate'), ...ofPieces('up'), ...numbered('lowRank', lowRank) },
    },
    inputs: {
      attention: projected.map(({ input }) => input),
      mlp: finished.map(({ input }) => input),
      down: finished.map(({ activated }) => activated),
    },
  };
}

/** What one piece needs. */
interface PieceContext extends BlockContext {
  matrices: AdapterMatrices | null;
  /**
   * Filled while the piece is built: A x of each group of modules. Kept for the backward pass, because they are small,
   * and computing them again means reading all of x.
   */
  lowRank: Value[];
}

function numbered(name: string, values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, i) => [`${name}.${i}`, value]));
}

/** The context of each piece: its own rows of the dropout masks. */
function pieceContexts(
  graph: Graph,
  context: BlockContext & Pick<PieceContext, 'matrices'>,
  count: number,
): PieceContext[] {
  const { lora } = context;
  const masks = [...(lora?.dropout ?? [])].map(([module, mask]) => [module, inPieces(graph, mask)] as const);
  return Array.from({ length: count }, (_, i) => ({
    ...context,
    lowRank: [],
    lora: lora && { ...lora, dropout: new Map(masks.map(([module, parts]) => [module, parts[i]!])) },
  }));
}

/** Norm, then queries, keys and values side by side. */
function projections(graph: Graph, x: Value, context: PieceContext) {
  const { config, frozen, lora, matrices } = context;
  const input = rmsNorm(graph, x, frozen.norms.input_layernorm, config.rmsNormEpsilon);
  const { q_bias: q, k_bias: k, v_bias: v } = frozen.extras;
  const plain = frozen.attentionProduct(input);
  const product = q && k && v ? add(graph, plain, concat(graph, [q, k, v], 0)) : plain;
  const projected = lowRankProduct(graph, input, ['qkv_proj', ...ATTENTION_INPUTS], context);
  if (!projected) return { input, output: product };
  const { alpha, rank } = lora!.config;
  const update = matmul(graph, projected, matrices!.attentionB!, { transB: true, alpha: alpha / rank });
  return { input, output: add(graph, product, update) };
}

/** The output projection of attention and its residual, then the MLP and its own. */
function afterAttention(graph: Graph, attended: Value, x: Value, context: PieceContext) {
  const { config, frozen } = context;
  const middle = residual(graph, x, attended, 'o_proj', frozen.extras.attention_output_norm, context);
  const input = rmsNorm(graph, middle, frozen.norms.post_attention_layernorm, config.rmsNormEpsilon);
  const { gate, up } = gateAndUp(graph, input, context);
  const activate = config.activation === 'gelu' ? gelu : silu;
  const activated = mul(graph, activate(graph, gate), up);
  const y = residual(graph, middle, activated, 'down_proj', frozen.extras.mlp_output_norm, context);
  return { middle, input, gate, up, activated, y };
}

/** x + a linear module's output, normalised and scaled where the architecture has it so. */
function residual(
  graph: Graph,
  x: Value,
  input: Value,
  module: 'o_proj' | 'down_proj',
  norm: Value | undefined,
  context: PieceContext,
): Value {
  const { residualScale, rmsNormEpsilon } = context.config;
  if (norm === undefined && residualScale === 1) {
    const [sum] = linear(graph, input, { modules: [module], residual: x }, context);
    return sum!;
  }
  const [output] = linear(graph, input, { modules: [module] }, context);
  const normalized = norm ? rmsNorm(graph, output!, norm, rmsNormEpsilon) : output!;
  const factor = graph.constant('float32', [1], Float32Array.of(residualScale));
  return add(graph, x, residualScale === 1 ? normalized : mul(graph, normalized, factor));
}

/** The two products that the MLP begins with, from one adapter pair where the file has them as one matrix. */
function gateAndUp(graph: Graph, input: Value, context: PieceContext): { gate: Value; up: Value } {
  const { lora, matrices, config } = context;
  const [gate, up] = linear(graph, input, { modules: ['gate_proj', 'up_proj'] }, context);
  const projected = lowRankProduct(graph, input, ['gate_up_proj'], context);
  if (!projected) return { gate: gate!, up: up! };
  const { alpha, rank } = lora!.config;
  const b = matrices!.b.get('gate_up_proj')!;
  const update = matmul(graph, projected, b, { transB: true, alpha: alpha / rank });
  const [ofGate, ofUp] = split(graph, update, 1, [config.mlpSize, config.mlpSize]);
  return { gate: add(graph, gate!, ofGate!), up: add(graph, up!, ofUp!) };
}

/** Linear modules that read one input. */
interface LinearGroup {
  modules: readonly OwnProduct[];
  residual?: Value;
}

/** W x + (alpha / rank) B A x (+ residual) for modules that read the same x. https://arxiv.org/abs/2106.09685 */
function linear(graph: Graph, x: Value, { modules, residual }: LinearGroup, context: PieceContext): Value[] {
  const { frozen, lora, matrices } = context;
  const products = modules.map((module) => frozen.product(module, x, residual));
  const projected = lowRankProduct(graph, x, modules, context);
  if (!projected) return products;
  const { rank, alpha } = lora!.config;
  const targeted = modules.filter((module) => matrices!.b.has(module));
  const ranks = targeted.map(() => rank);
  const parts = targeted.length === 1 ? [projected] : split(graph, projected, 1, ranks);
  return modules.map((module, i) => {
    const part = parts[targeted.indexOf(module)];
    if (!part) return products[i]!;
    const update = matmul(graph, part, matrices!.b.get(module)!, { transB: true, alpha: alpha / rank });
    return add(graph, products[i]!, update);
  });
}

/** A x of the targeted ones among modules that read the same x, side by side: one product. Null when none is. */
function lowRankProduct(
  graph: Graph,
  x: Value,
  modules: readonly TargetModule[],
  { lora, matrices, lowRank }: PieceContext,
): Value | null {
  const first = modules.find((module) => matrices?.b.has(module));
  if (!lora || !matrices || !first) return null;
  const mask = lora.dropout.get(first);
  // What dropout leaves is scaled up, so that the mean does not change. The mask is kept as bytes until the backward
  // pass, and becomes float32 only where it is used.
  const input = mask ? mul(graph, x, cast(graph, mask, 'float32')) : x;
  const alpha = mask ? 1 / (1 - lora.config.dropout) : 1;
  const projected = matmul(graph, input, matrices.a.get(first)!, { transB: true, alpha });
  lowRank.push(projected);
  return projected;
}

/** Queries, keys and values in heads, [rows, heads, sequence, headSize], the first two turned by their positions. */
function headsOf(graph: Graph, joined: Value, { batch, config, frozen, rotary: tables }: BlockContext) {
  const { headCount, keyValueHeadCount, headSize, rmsNormEpsilon } = config;
  const turned = headCount + keyValueHeadCount;
  const separated = reshape(graph, joined, [
    batch.rows,
    batch.sequenceLength,
    turned + keyValueHeadCount,
    headSize,
  ]);
  const heads = transpose(graph, separated, [0, 2, 1, 3]);
  const [queriesAndKeys, v] = split(graph, heads, 1, [turned, keyValueHeadCount]);
  const turn = (value: Value) => (tables ? rotary(graph, value, tables) : value);
  const { q_norm: queryNorm, k_norm: keyNorm } = frozen.extras;
  if (!queryNorm || !keyNorm) {
    const [q, k] = split(graph, turn(queriesAndKeys!), 1, [headCount, keyValueHeadCount]);
    return { q: q!, k: k!, v: v! };
  }
  const [queries, keys] = split(graph, queriesAndKeys!, 1, [headCount, keyValueHeadCount]);
  const q = turn(rmsNorm(graph, queries!, queryNorm, rmsNormEpsilon));
  const k = turn(rmsNorm(graph, keys!, keyNorm, rmsNormEpsilon));
  return { q, k, v: v! };
}

/** [rows, heads, sequence, headSize] back to [tokens, heads * headSize]. */
function fromHeads(graph: Graph, x: Value): Value {
  const [rows, heads, sequence, headSize] = x.shape as [number, number, number, number];
  return reshape(graph, transpose(graph, x, [0, 2, 1, 3]), [rows * sequence, heads * headSize]);
}
