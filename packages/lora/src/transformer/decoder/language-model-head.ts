import { gradients } from '../../autodiff/gradients.js';
import { Graph, type Value } from '../../autodiff/graph.js';
import {
  add,
  argMax,
  cast,
  concat,
  exp,
  gather,
  gatherElements,
  gemm,
  largestColumns,
  log,
  mul,
  neg,
  quantizedProduct,
  reduceMax,
  reduceSum,
  reshape,
  rmsNorm,
  softmax,
  split,
  sub,
} from '../../autodiff/operators/index.js';
import type { TransformerConfig } from '../config/transformer-config.js';
import type { Precision } from './block-context.js';

/** Positions that are scored at once. */
export const SCORED_ROWS = 128;
/**
 * Vocabulary entries that these positions are scored on at once: bounds the memory for logits and for the part of the
 * table that is read.
 */
export const SCORED_ENTRIES = 10_000;

/** Added to a probability before its logarithm: one that underflowed costs 87 nats instead of infinity. */
const SMALLEST_PROBABILITY = 1.2e-38;

/**
 * Positions that a gradient is computed for at once: the logits of 64 stay in the processor's cache, those of 32 are 20
 * MB less on the default base.
 */
export const GRADIENT_ROWS = { fast: 64, lean: 32 };

/**
 * With int8, the gradient is made from this many vocabulary entries for each position: the likeliest over all the
 * positions. The many thousands of other entries together hold some 3 % of the probability; the mean of the table
 * stands for them. Leaving them out would add an error in the same direction at every position, a fifth of the summed
 * gradient; with the mean it is a twentieth.
 */
const LIKELY_ENTRIES = 64;

/** The vocabulary's entries in 8-bit codes: for the product with all of them, and the same to look some up. */
interface QuantizedTable {
  /** int8 [hidden, vocabulary] */
  forward: Value;
  /** int8 [vocabulary, hidden] */
  entries: Value;
  /** float32 [vocabulary]: entries[v, i] * scale[v] is the table. */
  scale: Value;
  /** The mean entry, float32 [1, hidden]. */
  mean: Value;
}

/** The head's weights as inputs of a graph. */
export interface HeadInputs {
  /** float32 [hidden] */
  norm: Value;
  /** float32 [vocabulary, hidden], or in codes. */
  table: Value | QuantizedTable;
}

/** Declares `norm` and `table`, or with int8, behind `table.`, what `QuantizedTable` holds. */
export function headInputs(
  graph: Graph,
  { hiddenSize, vocabularySize }: TransformerConfig,
  precision: Precision,
): HeadInputs {
  const norm = graph.input('norm', 'float32', [hiddenSize]);
  if (precision === 'float32')
    return { norm, table: graph.input('table', 'float32', [vocabularySize, hiddenSize]) };
  const table = {
    forward: graph.input('table.forward', 'int8', [hiddenSize, vocabularySize]),
    entries: graph.input('table.entries', 'int8', [vocabularySize, hiddenSize]),
    scale: graph.input('table.scale', 'float32', [vocabularySize]),
    mean: graph.input('table.mean', 'float32', [1, hiddenSize]),
  };
  return { norm, table };
}

/**
 * The graph that scores SCORED_ROWS positions on a part of the vocabulary, from which the caller
 * makes the softmax over all parts.
 *
 * Inputs: `x` float32 [rows, hidden]; `norm`; `table` float32 [entries, hidden], any number of them; `labels` int64
 * [rows, 1], indices among these entries. Outputs, [rows, 1] each: `largest` logit, `sum` of the exponentials of all
 * less the largest, `ofLabel`, and `top1` int64 [rows].
 */
export function scoreGraph(config: TransformerConfig): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [SCORED_ROWS, config.hiddenSize]);
  const labels = graph.input('labels', 'int64', [SCORED_ROWS, 1]);
  const norm = graph.input('norm', 'float32', [config.hiddenSize]);
  const table = graph.input('table', 'float32', [SCORED_ENTRIES, config.hiddenSize], { 0: 'entries' });
  const normalized = rmsNorm(graph, x, norm, config.rmsNormEpsilon);
  const logits = gemm(graph, normalized, table, { transB: true });
  const largest = reduceMax(graph, logits, [1]);
  graph.output(largest, 'largest');
  graph.output(reduceSum(graph, exp(graph, sub(graph, logits, largest)), [1]), 'sum');
  graph.output(gatherElements(graph, logits, labels), 'ofLabel');
  graph.output(argMax(graph, logits), 'top1');
  return graph;
}

/**
 * The head over any number of positions, some at a time.
 * @param batch x float32 [positions, hidden], labels int64 [positions], weights float32 [positions, 1]
 * @returns nll piece by piece, [positions of the piece, 1], and dx [positions, hidden], the
 * gradient of sum(weights * nll)
 */
export function slicedHead(
  graph: Graph,
  { x, labels, weights }: { x: Value; labels: Value; weights: Value },
  inputs: HeadInputs,
  config: TransformerConfig,
  rowsAtOnce: number,
): { nll: Value[]; dx: Value } {
  const positions = x.shape[0]!;
  const sizes: number[] = [];
  for (let start = 0; start < positions; start += rowsAtOnce)
    sizes.push(Math.min(rowsAtOnce, positions - start));
  const cut = (value: Value) => (sizes.length === 1 ? [value] : split(graph, value, 0, sizes));
  const [labelsOf, weightsOf] = [cut(labels), cut(weights)];
  const zero = graph.constant('float32', [1], Float32Array.of(0));
  const slices = cut(x).map((part, i) => {
    const { nll, dx } = headGradient(graph, part, labelsOf[i]!, inputs, config);
    // Adding `nll * 0` makes the gradient depend on the slice's loss: ONNX Runtime then finishes one slice before it
    // begins the next, and the probabilities of only one are in memory.
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
  const { table } = inputs;
  const expected = isQuantized(table)
    ? nearlyExpectedEntry(graph, probabilities, table)
    : gemm(graph, probabilities, table);
  const gradient = sub(graph, expected, entriesOf(graph, table, labels));
  const part = { since, until: graph.nodes.length };
  const [dx] = gradients(graph, new Map([[normalized, gradient]]), [x], part);
  return { nll: negativeLogLikelihood(graph, probabilities, labels), dx: dx! };
}

function predictions(
  graph: Graph,
  x: Value,
  { norm, table }: HeadInputs,
  config: TransformerConfig,
): { normalized: Value; probabilities: Value } {
  const normalized = rmsNorm(graph, x, norm, config.rmsNormEpsilon);
  const logits = isQuantized(table)
    ? quantizedProduct(graph, normalized, {
        forward: table.forward,
        forwardScale: table.scale,
        backward: null,
        backwardScale: null,
      })
    : gemm(graph, normalized, table, { transB: true });
  return { normalized, probabilities: softmax(graph, logits) };
}

function isQuantized(table: HeadInputs['table']): table is QuantizedTable {
  return 'entries' in table;
}

/** Entries of the vocabulary by their indices, float32 [count, hidden]. */
function entriesOf(graph: Graph, table: HeadInputs['table'], indices: Value): Value {
  if (!isQuantized(table)) return gather(graph, table, indices);
  const codes = cast(graph, gather(graph, table.entries, indices), 'float32');
  const scales = gather(graph, table.scale, indices);
  return mul(graph, codes, reshape(graph, scales, [indices.shape[0]!, 1]));
}

/**
 * P E, the mean of the table's entries under each row of probabilities, with the unlikely
 * entries taken for the mean of all.
 */
function nearlyExpectedEntry(graph: Graph, probabilities: Value, table: QuantizedTable): Value {
  const { entries, scale, mean } = table;
  const vocabulary = entries.shape[0]!;
  const count = Math.min(vocabulary, LIKELY_ENTRIES * probabilities.shape[0]!);
  const likely = largestColumns(graph, probabilities, count);
  const kept = gather(graph, probabilities, likely, 1);
  // The scales go into the probabilities, a small matrix, and not into the entries, a large one.
  const scaled = mul(graph, kept, gather(graph, scale, likely));
  const expected = gemm(graph, scaled, cast(graph, gather(graph, entries, likely), 'float32'));
  const one = graph.constant('float32', [1], Float32Array.of(1));
  const rest = sub(graph, one, reduceSum(graph, kept, [1]));
  return gemm(graph, rest, mean, {}, expected);
}

function negativeLogLikelihood(graph: Graph, probabilities: Value, labels: Value): Value {
  const ofLabels = gatherElements(graph, probabilities, reshape(graph, labels, [labels.shape[0]!, 1]));
  const tiny = graph.constant('float32', [1], Float32Array.of(SMALLEST_PROBABILITY));
  return neg(graph, log(graph, add(graph, ofLabels, tiny)));
}
