import { gradients } from '../autodiff/gradients.js';
import { Graph } from '../autodiff/graph.js';
import {
  argMax,
  gather,
  gemm,
  mul,
  reduceLogSumExp,
  reduceSum,
  rmsNorm,
  sub,
} from '../autodiff/operators/index.js';
import type { TransformerConfig } from './architecture.js';

/** What the head is asked for: a loss with its gradient, or scores for evaluation. */
export type HeadKind = 'gradient' | 'score';

/**
 * Final norm, vocabulary product and cross entropy for `rows` positions, each on its own:
 * nll = logsumexp(logits) - logit of the label, where the label's logit is a dot product with its embedding row, so that
 * no one-hot or gathered copy of the logits exists.
 *
 * Inputs: `x` float32 [rows, hidden], `labels` int64 [rows], `norm` [hidden], `table` [vocabulary, hidden].
 * Outputs: `nll` [rows, 1]; with 'gradient' also `dx` [rows, hidden], the gradient of each row's own nll (rows do not
 * interact: the caller scales each by its weight); with 'score' also `top1` int64 [rows].
 */
export function headGraph(config: TransformerConfig, rows: number, kind: HeadKind): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [rows, config.hiddenSize]);
  const labels = graph.input('labels', 'int64', [rows]);
  const norm = graph.input('norm', 'float32', [config.hiddenSize]);
  const table = graph.input('table', 'float32', [config.vocabularySize, config.hiddenSize]);

  const normalized = rmsNorm(graph, x, norm, config.rmsNormEpsilon);
  const logits = gemm(graph, normalized, table, { transB: true });
  const labelLogit = reduceSum(graph, mul(graph, normalized, gather(graph, table, labels)), [-1]);
  const nll = sub(graph, reduceLogSumExp(graph, logits, [-1]), labelLogit);
  graph.output(nll, 'nll');
  if (kind === 'score') {
    graph.output(argMax(graph, logits), 'top1');
    return graph;
  }
  const ones = graph.constant('float32', [rows, 1], new Float32Array(rows).fill(1));
  graph.output(gradients(graph, new Map([[nll, ones]]), [x])[0]!, 'dx');
  return graph;
}
