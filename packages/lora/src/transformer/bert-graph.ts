import { Graph, type Value } from '../autodiff/graph.js';
import { add, gather, gemm, matmul, quantizedProduct, reshape } from '../autodiff/operators/index.js';
import type { BertConfig } from './bert-config.js';
import { biasGelu, layerNorm, multiHeadAttention, skipLayerNorm } from './bert-operators.js';
import { type BertPrecision, bertInputs, bertWeightShapes, scaleOf } from './bert-weights.js';

/**
 * A BERT encoder with mean pooling as a graph for one batch shape. https://arxiv.org/abs/1810.04805
 *
 * Inputs, beside the weights by their own names: `tokens` int64 [batch, sequence]; `mask` int32 [batch, sequence], 1 for
 * a token; `positions` float32 [sequence, hidden]; `pooling` float32 [batch, 1, sequence], 1 / length for a token, else 0.
 * Output: `embeddings` float32 [batch, 1, hidden], not normalised.
 */
export function bertGraph(
  config: BertConfig,
  batch: number,
  sequence: number,
  precision: BertPrecision,
): Graph {
  const graph = new Graph();
  const hidden = config.hiddenSize;
  const tokens = graph.input('tokens', 'int64', [batch, sequence]);
  const mask = graph.input('mask', 'int32', [batch, sequence]);
  const positions = graph.input('positions', 'float32', [sequence, hidden]);
  const pooling = graph.input('pooling', 'float32', [batch, 1, sequence]);
  const weights = new Map<string, Value>();
  for (const [weightName, weightShape] of bertWeightShapes(config)) {
    for (const { name, dtype, shape } of bertInputs(weightName, weightShape, precision)) {
      weights.set(name, graph.input(name, dtype, shape));
    }
  }
  const weight = (name: string): Value => weights.get(name)!;

  const embedded = add(graph, gather(graph, weight('embeddings.word_embeddings.weight'), tokens), positions);
  let x = layerNorm(
    graph,
    embedded,
    weight('embeddings.LayerNorm.weight'),
    weight('embeddings.LayerNorm.bias'),
    config.layerNormEpsilon,
  );
  for (let block = 0; block < config.blockCount; block++) {
    const prefix = `encoder.layer.${block}.`;
    const product: Product = (rows, name, bias) =>
      precision === 'int8'
        ? integerProduct(graph, rows, weight(prefix + name), weight(scaleOf(prefix + name)), bias)
        : gemm(graph, rows, weight(prefix + name), {}, ...(bias ? [bias] : []));
    x = bertBlock(graph, config, x, mask, (name) => weight(prefix + name), product);
  }
  graph.output(matmul(graph, pooling, x), 'embeddings');
  return graph;
}

/** A product of rows with the weight of that name, plus the bias. */
type Product = (rows: Value, name: string, bias?: Value) => Value;

function integerProduct(graph: Graph, rows: Value, codes: Value, scale: Value, bias?: Value): Value {
  const matrix = { forward: codes, forwardScale: scale, backward: null, backwardScale: null };
  const product = quantizedProduct(graph, rows, matrix);
  return bias === undefined ? product : add(graph, product, bias);
}

/** One post-norm block: attention, then MLP, each followed by LayerNorm of its sum with its input. */
function bertBlock(
  graph: Graph,
  config: BertConfig,
  x: Value,
  mask: Value,
  weight: (name: string) => Value,
  product: Product,
): Value {
  const [batch, sequence] = x.shape as [number, number, number];
  const rows = (value: Value) => reshape(graph, value, [batch * sequence, value.shape.at(-1)!]);
  const sequences = (value: Value) => reshape(graph, value, [batch, sequence, value.shape.at(-1)!]);
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
