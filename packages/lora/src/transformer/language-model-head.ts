import { gradients } from '../autodiff/gradients.js';
import { Graph, type Value } from '../autodiff/graph.js';
import {
  add,
  argMax,
  fineQuantizedProduct,
  gather,
  gatherElements,
  gemm,
  log,
  neg,
  quantizedProduct,
  reshape,
  rmsNorm,
  softmax,
  sub,
} from '../autodiff/operators/index.js';
import type { TransformerConfig } from './architecture.js';
import type { Precision } from './block-graphs.js';

/** What the head is asked for: a loss with its gradient, or scores for evaluation. */
export type HeadKind = 'gradient' | 'score';

/** Added to a probability before its logarithm: one that underflowed costs 87 nats instead of infinity. */
const SMALLEST_PROBABILITY = 1.2e-38;

/**
 * Final norm, vocabulary product and cross entropy for `rows` positions, each on its own.
 *
 * The gradient of a row's negative log-likelihood by its normalised state n is written out, P E - E[label], with P the
 * softmax of the logits and E the vocabulary table: no one-hot, and no second pass over the logits, exists.
 *
 * With int8 the probabilities of P E keep 16 bits: rounding the small ones away would spoil the gradient.
 *
 * Inputs: `x` float32 [rows, hidden], `labels` int64 [rows], `norm` [hidden], `table` [vocabulary, hidden]; with int8 also the table
 * quantised in both directions, see `QuantizedMatrix`.
 * Outputs: `nll` [rows, 1]; with 'gradient' also `dx` [rows, hidden], the gradient of each row's own nll (rows do not
 * interact: the caller scales each by its weight); with 'score' also `top1` int64 [rows].
 */
export function headGraph(
  config: TransformerConfig,
  rows: number,
  kind: HeadKind,
  precision: Precision,
): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [rows, config.hiddenSize]);
  const labels = graph.input('labels', 'int64', [rows]);
  const norm = graph.input('norm', 'float32', [config.hiddenSize]);
  const table = graph.input('table', 'float32', [config.vocabularySize, config.hiddenSize]);

  const normalized = rmsNorm(graph, x, norm, config.rmsNormEpsilon);
  const probabilities = softmax(graph, logitsOf(graph, config, normalized, table, precision));
  graph.output(negativeLogLikelihood(graph, probabilities, labels), 'nll');
  if (kind === 'score') {
    graph.output(argMax(graph, probabilities), 'top1');
    return graph;
  }
  const expected = expectedRow(graph, config, probabilities, table, precision);
  const gradient = sub(graph, expected, gather(graph, table, labels));
  graph.output(gradients(graph, new Map([[normalized, gradient]]), [x])[0]!, 'dx');
  return graph;
}

/** P E, the mean of the table's rows under each row of probabilities; with int8 from inputs `table.backward` and `table.backwardScale`. */
function expectedRow(
  graph: Graph,
  { hiddenSize, vocabularySize }: TransformerConfig,
  probabilities: Value,
  table: Value,
  precision: Precision,
): Value {
  if (precision === 'float32') return gemm(graph, probabilities, table);
  const backward = graph.input('table.backward', 'int8', [vocabularySize, hiddenSize]);
  const backwardScale = graph.input('table.backwardScale', 'float32', [hiddenSize]);
  return fineQuantizedProduct(graph, probabilities, backward, backwardScale);
}

/** The logits; with int8 from a quantised copy of the table, inputs `table.forward` and `table.forwardScale`. */
function logitsOf(
  graph: Graph,
  { hiddenSize, vocabularySize }: TransformerConfig,
  normalized: Value,
  table: Value,
  precision: Precision,
): Value {
  if (precision === 'float32') return gemm(graph, normalized, table, { transB: true });
  const forward = graph.input('table.forward', 'int8', [hiddenSize, vocabularySize]);
  const forwardScale = graph.input('table.forwardScale', 'float32', [vocabularySize]);
  return quantizedProduct(graph, normalized, { forward, forwardScale, backward: null, backwardScale: null });
}

function negativeLogLikelihood(graph: Graph, probabilities: Value, labels: Value): Value {
  const ofLabels = gatherElements(graph, probabilities, reshape(graph, labels, [labels.shape[0]!, 1]));
  const tiny = graph.constant('float32', [1], Float32Array.of(SMALLEST_PROBABILITY));
  return neg(graph, log(graph, add(graph, ofLabels, tiny)));
}
