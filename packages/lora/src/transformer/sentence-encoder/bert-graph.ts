import { Graph, type Value } from '../../autodiff/graph.js';
import {
  add,
  asRows,
  gather,
  gemm,
  matmul,
  quantizedProduct,
  reshapeLike,
} from '../../autodiff/operators/index.js';
import type { BertConfig } from './bert-config.js';
import { biasGelu, layerNorm, multiHeadAttention, skipLayerNorm } from './bert-operators.js';
import { type BertWeight, scaleOf } from './bert-weights.js';

/** Example of a batch: the graph takes any. */
const [BATCH, SEQUENCE] = [2, 3];

/**
 * A BERT encoder with mean pooling as a graph for batches of any shape. https://arxiv.org/abs/1810.04805
 *
 * Inputs: `table` float32 [vocabulary, hidden]; `tokens` int64 [batch, sequence]; `mask` int32 [batch, sequence], 1 for
 * a token; `positions` float32 [sequence, hidden]; `pooling` float32 [batch, 1, sequence], 1 / length for a token,
 * else 0; in int8 `zeroPoints` uint8 [batch * sequence], see `quantizedProduct`. Output: `embeddings` float32
 * [batch, 1, hidden], not normalised.
 */
export function bertGraph(config: BertConfig, constants: ReadonlyMap<string, BertWeight>): Graph {
  const graph = new Graph();
  const hidden = config.hiddenSize;
  const both = { 0: 'batch', 1: 'sequence' };
  const table = graph.input('table', 'float32', [config.vocabularySize, hidden]);
  const tokens = graph.input('tokens', 'int64', [BATCH, SEQUENCE], both);
  const mask = graph.input('mask', 'int32', [BATCH, SEQUENCE], both);
  const positions = graph.input('positions', 'float32', [SEQUENCE, hidden], { 0: 'sequence' });
  const pooling = graph.input('pooling', 'float32', [BATCH, 1, SEQUENCE], { 0: 'batch', 2: 'sequence' });
  const zeroPoints = graph.input('zeroPoints', 'uint8', [BATCH * SEQUENCE], { 0: 'rows' });
  const weights = new Map(
    [...constants].map(([name, { dtype, shape, data }]) => [name, graph.constant(dtype, shape, data)]),
  );
  const weight = (name: string): Value => weights.get(name)!;

  const embedded = add(graph, gather(graph, table, tokens), positions);
  let x = layerNorm(
    graph,
    embedded,
    weight('embeddings.LayerNorm.weight'),
    weight('embeddings.LayerNorm.bias'),
    config.layerNormEpsilon,
  );
  for (let block = 0; block < config.blockCount; block++) {
    const prefix = `encoder.layer.${block}.`;
    const product: Product = (rows, name, bias) => {
      const [matrix, forwardScale] = [weight(prefix + name), weights.get(scaleOf(prefix + name))];
      if (forwardScale === undefined) return gemm(graph, rows, matrix, {}, ...(bias ? [bias] : []));
      const quantized = { forward: matrix, forwardScale, backward: null, backwardScale: null };
      const product = quantizedProduct(graph, rows, quantized, zeroPoints);
      return bias === undefined ? product : add(graph, product, bias);
    };
    x = bertBlock(graph, config, x, mask, (name) => weight(prefix + name), product);
  }
  graph.output(matmul(graph, pooling, x), 'embeddings');
  return graph;
}

/** A product of rows with the weight of that name, plus the bias. */
type Product = (rows: Value, name: string, bias?: Value) => Value;

/** One post-norm block: attention, then MLP, each followed by LayerNorm of its sum with its input. */
function bertBlock(
  graph: Graph,
  config: BertConfig,
  x: Value,
  mask: Value,
  weight: (name: string) => Value,
  product: Product,
): Value {
  const rows = (value: Value) => asRows(graph, value);
  const sequences = (value: Value) => reshapeLike(graph, value, x);
  const flat = rows(x);
  const project = (role: string) =>
    sequences(product(flat, `attention.self.${role}.weight`, weight(`attention.self.${role}.bias`)));
  const attended = multiHeadAttention(graph, {
    query: project('query'),
    key: project('key'),
    value: project('value'),
    mask,
    headCount: config.headCount,
  });
  const residual = (added: Value, input: Value, name: string) =>
    skipLayerNorm(graph, sequences(added), input, {
      scale: weight(`${name}.LayerNorm.weight`),
      bias: weight(`${name}.LayerNorm.bias`),
      shift: weight(`${name}.dense.bias`),
      epsilon: config.layerNormEpsilon,
    });
  const projected = product(rows(attended), 'attention.output.dense.weight');
  const attention = residual(projected, x, 'attention.output');
  const inner = product(rows(attention), 'intermediate.dense.weight');
  const active = biasGelu(graph, inner, weight('intermediate.dense.bias'));
  return residual(product(active, 'output.dense.weight'), attention, 'output');
}
