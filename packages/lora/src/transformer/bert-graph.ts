import { Graph, type Value } from '../autodiff/graph.js';
import { add, gather, gemm, matmul, reshape } from '../autodiff/operators/index.js';
import type { BertConfig } from './bert-config.js';
import { biasGelu, layerNorm, multiHeadAttention, skipLayerNorm } from './bert-operators.js';
import { bertInputShape, bertWeightShapes } from './bert-weights.js';

/**
 * A BERT encoder with mean pooling as a graph for one batch shape. https://arxiv.org/abs/1810.04805
 *
 * Inputs, beside the weights by their own names: `tokens` int64 [batch, sequence]; `mask` int32 [batch, sequence], 1 for
 * a token; `positions` float32 [sequence, hidden]; `pooling` float32 [batch, 1, sequence], 1 / length for a token, else 0.
 * Output: `embeddings` float32 [batch, 1, hidden], not normalised.
 */
export function bertGraph(config: BertConfig, batch: number, sequence: number): Graph {
  const graph = new Graph();
  const hidden = config.hiddenSize;
  const tokens = graph.input('tokens', 'int64', [batch, sequence]);
  const mask = graph.input('mask', 'int32', [batch, sequence]);
  const positions = graph.input('positions', 'float32', [sequence, hidden]);
  const pooling = graph.input('pooling', 'float32', [batch, 1, sequence]);
  const weights = new Map<string, Value>();
  for (const [name, shape] of bertWeightShapes(config)) {
    weights.set(name, graph.input(name, 'float32', bertInputShape(name, shape)));
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
    x = bertBlock(graph, config, x, mask, (name) => weight(`encoder.layer.${block}.${name}`));
  }
  graph.output(matmul(graph, pooling, x), 'embeddings');
  return graph;
}

/** One post-norm block: attention, then MLP, each followed by LayerNorm of its sum with its input. */
function bertBlock(
  graph: Graph,
  config: BertConfig,
  x: Value,
  mask: Value,
  weight: (name: string) => Value,
): Value {
  const [batch, sequence] = x.shape as [number, number, number];
  const rows = (value: Value) => reshape(graph, value, [batch * sequence, value.shape.at(-1)!]);
  const sequences = (value: Value) => reshape(graph, value, [batch, sequence, value.shape.at(-1)!]);
  const flat = rows(x);
  const project = (role: string) =>
    sequences(
      gemm(graph, flat, weight(`attention.self.${role}.weight`), {}, weight(`attention.self.${role}.bias`)),
    );
  const attended = multiHeadAttention(graph, {
    query: project('query'),
    key: project('key'),
    value: project('value'),
    mask,
    headCount: config.headCount,
  });
  const residual = (product: Value, input: Value, name: string) =>
    skipLayerNorm(graph, sequences(product), input, {
      scale: weight(`${name}.LayerNorm.weight`),
      bias: weight(`${name}.LayerNorm.bias`),
      shift: weight(`${name}.dense.bias`),
      epsilon: config.layerNormEpsilon,
    });
  const attention = residual(
    gemm(graph, rows(attended), weight('attention.output.dense.weight')),
    x,
    'attention.output',
  );
  const inner = gemm(graph, rows(attention), weight('intermediate.dense.weight'));
  const active = biasGelu(graph, inner, weight('intermediate.dense.bias'));
  return residual(gemm(graph, active, weight('output.dense.weight')), attention, 'output');
}
