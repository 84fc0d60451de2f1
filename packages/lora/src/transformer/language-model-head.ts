import { gradients } from '../autodiff/gradients.js';
import { Graph, type Value } from '../autodiff/graph.js';
import {
  add,
  argMax,
  concat,
  gather,
  gatherElements,
  gemm,
  largestColumns,
  log,
  mul,
  neg,
  quantizedProduct,
  reduceSum,
  reshape,
  rmsNorm,
  softmax,
  split,
  sub,
} from '../autodiff/operators/index.js';
import type { TransformerConfig } from './architecture.js';
import type { Precision } from './block-inputs.js';

/** What the head is asked for: a loss with its gradient, or scores for evaluation. */
export type HeadKind = 'gradient' | 'score';

/** Positions that go through the vocabulary product at once: bounds the logits to 128 x vocabulary. */
export const HEAD_ROWS = 128;

/** Added to a probability before its logarithm: one that underflowed costs 87 nats instead of infinity. */
const SMALLEST_PROBABILITY = 1.2e-38;

/** The same where a gradient is computed and the table is packed: the logits then stay in the processor's cache. */
const GRADIENT_ROWS = 64;

/**
 * Vocabulary entries a position that a gradient is made of with int8: those that are likeliest at any of the positions. For the many
 * thousands that are unlikely at all of them, and hold some 3 % of the probability, stands the mean of the table. Leaving them out would
 * make an error of the same direction at every position, a fifth of the summed gradient; this way it is a twentieth.
 */
const LIKELY_ENTRIES = 64;

/** The head's weights as inputs of a graph. */
export interface HeadInputs {
  /** float32 [hidden] */
  norm: Value;
  /** float32 [vocabulary, hidden] */
  table: Value;
  /** With int8: the table for the forward product, int8 [hidden, vocabulary], a scale for each entry, and the mean entry, [1, hidden]. */
  quantized: { forward: Value; forwardScale: Value; mean: Value } | null;
}

/** Declares `norm`, `table` and, with int8, `table.forward`, `table.forwardScale` and `table.mean`. */
export function headInputs(
  graph: Graph,
  { hiddenSize, vocabularySize }: TransformerConfig,
  precision: Precision,
): HeadInputs {
  return {
    norm: graph.input('norm', 'float32', [hiddenSize]),
    table: graph.input('table', 'float32', [vocabularySize, hiddenSize]),
    quantized:
      precision === 'float32'
        ? null
        : {
            forward: graph.input('table.forward', 'int8', [hiddenSize, vocabularySize]),
            forwardScale: graph.input('table.forwardScale', 'float32', [vocabularySize]),
            mean: graph.input('table.mean', 'float32', [1, hiddenSize]),
          },
  };
}

/**
 * The graph of final norm, vocabulary product and cross entropy for `rows` positions, each on its own.
 *
 * Inputs: `x` float32 [rows, hidden], `labels` int64 [rows], and `headInputs`.
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
  const inputs = headInputs(graph, config, precision);
  if (kind === 'gradient') {
    const { nll, dx } = headGradient(graph, x, labels, inputs, config);
    graph.output(nll, 'nll');
    graph.output(dx, 'dx');
    return graph;
  }
  const { probabilities } = predictions(graph, x, inputs, config);
  graph.output(negativeLogLikelihood(graph, probabilities, labels), 'nll');
  graph.output(argMax(graph, probabilities), 'top1');
  return graph;
}

/**
 * The head over any number of positions, some at a time.
 * @param batch x float32 [positions, hidden], labels int64 [positions], weights float32 [positions, 1]
 * @returns nll piece by piece, [positions of the piece, 1], and dx [positions, hidden], the gradient of sum(weights * nll)
 */
export function slicedHead(
  graph: Graph,
  { x, labels, weights }: { x: Value; labels: Value; weights: Value },
  inputs: HeadInputs,
  config: TransformerConfig,
): { nll: Value[]; dx: Value } {
  const positions = x.shape[0]!;
  const sizes: number[] = [];
  for (let start = 0; start < positions; start += GRADIENT_ROWS)
    sizes.push(Math.min(GRADIENT_ROWS, positions - start));
  const cut = (value: Value) => (sizes.length === 1 ? [value] : split(graph, value, 0, sizes));
  const [labelsOf, weightsOf] = [cut(labels), cut(weights)];
  const zero = graph.constant('float32', [1], Float32Array.of(0));
  const slices = cut(x).map((part, i) => {
    const { nll, dx } = headGradient(graph, part, labelsOf[i]!, inputs, config);
    // The gradient waits for the loss of its slice, so that the probabilities of one slice are gone before those of the next come.
    const factor = add(graph, weightsOf[i]!, mul(graph, nll, zero));
    return { nll, dx: mul(graph, dx, factor) };
  });
  const dx = slices.map((slice) => slice.dx);
  return { nll: slices.map((slice) => slice.nll), dx: concat(graph, dx, 0) };
}

/**
 * The gradient of a row's negative log-likelihood by its normalised state n is written out, P E - E[label], with P the
 * softmax of the logits and E the vocabulary table: no one-hot, and no second pass over the logits, exists.
 */
function headGradient(
  graph: Graph,
  x: Value,
  labels: Value,
  inputs: HeadInputs,
  config: TransformerConfig,
): { nll: Value; dx: Value } {
  const since = graph.nodes.length;
  const { normalized, probabilities } = predictions(graph, x, inputs, config);
  const { table, quantized } = inputs;
  const expected = quantized
    ? nearlyExpectedEntry(graph, probabilities, table, quantized.mean)
    : gemm(graph, probabilities, table);
  const gradient = sub(graph, expected, gather(graph, table, labels));
  const part = { since, until: graph.nodes.length };
  const [dx] = gradients(graph, new Map([[normalized, gradient]]), [x], part);
  return { nll: negativeLogLikelihood(graph, probabilities, labels), dx: dx! };
}

function predictions(
  graph: Graph,
  x: Value,
  { norm, table, quantized }: HeadInputs,
  config: TransformerConfig,
): { normalized: Value; probabilities: Value } {
  const normalized = rmsNorm(graph, x, norm, config.rmsNormEpsilon);
  const logits = quantized
    ? quantizedProduct(graph, normalized, {
        forward: quantized.forward,
        forwardScale: quantized.forwardScale,
        backward: null,
        backwardScale: null,
      })
    : gemm(graph, normalized, table, { transB: true });
  return { normalized, probabilities: softmax(graph, logits) };
}

/** P E, the mean of the table's entries under each row of probabilities, with the unlikely entries taken for the mean of all. */
function nearlyExpectedEntry(graph: Graph, probabilities: Value, table: Value, mean: Value): Value {
  const count = LIKELY_ENTRIES * probabilities.shape[0]!;
  if (table.shape[0]! <= count) return gemm(graph, probabilities, table);
  const likely = largestColumns(graph, probabilities, count);
  const kept = gather(graph, probabilities, likely, 1);
  const one = graph.constant('float32', [1], Float32Array.of(1));
  const rest = sub(graph, one, reduceSum(graph, kept, [1]));
  return gemm(graph, rest, mean, {}, gemm(graph, kept, gather(graph, table, likely)));
}

function negativeLogLikelihood(graph: Graph, probabilities: Value, labels: Value): Value {
  const ofLabels = gatherElements(graph, probabilities, reshape(graph, labels, [labels.shape[0]!, 1]));
  const tiny = graph.constant('float32', [1], Float32Array.of(SMALLEST_PROBABILITY));
  return neg(graph, log(graph, add(graph, ofLabels, tiny)));
}
