import { gradients } from '../../autodiff/gradients.js';
import { Graph, type Value } from '../../autodiff/graph.js';
import { lastLeavesFirst, pruneUnused, useInstead } from '../../autodiff/graph-passes.js';
import { cast, concat } from '../../autodiff/operators/index.js';
import type { AdapterConfig } from '../config/adapter-config.js';
import type { BlockValues } from './block-context.js';
import {
  type BlockGraphOptions,
  blockContext,
  blockInputs,
  inputNames,
  sharedInputs,
} from './block-inputs.js';
import { decoderBlock } from './decoder-block.js';
import { keptState } from './kept-state.js';
import { GRADIENT_ROWS, headInputs, slicedHead } from './language-model-head.js';
import { inPieces } from './token-pieces.js';

/**
 * What becomes of the activations of the forward pass: the products are kept for the backward pass, or a block's input
 * alone, and the rest is computed again.
 */
export type Activations = 'keep' | 'recompute';

/** What the graph of a whole model is built for. */
export interface ModelGraphOptions extends BlockGraphOptions {
  adapter: AdapterConfig;
  activations: Activations;
  /** The adapter's matrices of the last so many blocks get a gradient. Defaults to all. */
  trainedBlocks?: number;
}

/** The first block whose matrices get a gradient, from 0. */
export function firstTrainedBlock({ config: { blockCount }, trainedBlocks }: ModelGraphOptions): number {
  return blockCount - Math.min(blockCount, trainedBlocks ?? blockCount);
}

/**
 * Forward and backward pass of a whole model in one graph. Of a block's forward pass its input, its products and
 * attention's weights are kept, or its input alone (https://arxiv.org/abs/1604.06174); the rest is computed again.
 *
 * ONNX Runtime starts from the last input of a node and works backwards through the order of the file. So the nodes
 * that compute something again stand before the head: then a gradient is computed before the values it is multiplied
 * by, and no block is computed again earlier than needed. The graph must run as it was built: an optimiser that merges
 * equal nodes would undo all this.
 *
 * Inputs: `x` float32 [tokens, hidden], `labels` int64 [tokens], `weights` float32 [tokens, 1], `positions`, `mask`,
 * the head's, and those of every block behind `inputNames.block(index)`. Outputs: `nll` [tokens, 1]; the gradient of
 * sum(weights * nll) by every matrix of the adapter that is trained, as `d_` + the matrix's name.
 */
export function modelGradientGraph(options: ModelGraphOptions): Graph {
  const { config, batch, precision } = options;
  const graph = new Graph();
  const tokens = batch.rows * batch.sequenceLength;
  const labels = graph.input('labels', 'int64', [tokens]);
  const weights = graph.input('weights', 'float32', [tokens, 1]);
  const shared = sharedInputs(graph, options);

  const { rounded } = keptState(config, batch, precision);
  let x = inPieces(graph, graph.input('x', 'float32', [tokens, config.hiddenSize]));
  const blocks = Array.from({ length: config.blockCount }, (_, index) => {
    const inputs = blockInputs(graph, options, inputNames.block(index));
    const context = blockContext(options, inputs, shared(config.blockKinds[index]!));
    const { y, state } = decoderBlock(graph, x, context);
    const kept = options.activations === 'keep' ? roundedState(graph, state, rounded) : {};
    const block = { x, context, matrices: inputs.matrices, kept };
    x = y;
    return block;
  });
  const repeated = blocks.map((block) => {
    const kept = Object.entries(block.kept).map(([name, value]) => [name, inFull(graph, value)] as const);
    const since = graph.nodes.length;
    const again = decoderBlock(graph, block.x, block.context);
    const instead = new Map(kept.map(([name, value]) => [again.state[name]!, value] as const));
    return { y: again.y, instead, part: { since, until: graph.nodes.length } };
  });

  const states = { x: concat(graph, x, 0), labels, weights };
  const headRows = options.activations === 'keep' ? GRADIENT_ROWS.fast : GRADIENT_ROWS.lean;
  const head = slicedHead(graph, states, headInputs(graph, config, precision), config, headRows);
  let dy = inPieces(graph, head.dx);
  const first = firstTrainedBlock(options);
  for (let index = config.blockCount - 1; index >= first; index--) {
    const { x: input, matrices } = blocks[index]!;
    const again = repeated[index]!;
    // Nothing below this block is trained.
    const targets = index === first ? matrices : [...input, ...matrices];
    const seeds = new Map(again.y.map((piece, i) => [piece, dy[i]!]));
    const found = gradients(graph, seeds, targets, again.part);
    if (index > first) dy = found.splice(0, input.length);
    for (const [i, gradient] of found.entries()) graph.output(gradient, `d_${matrices[i]!.name}`);
    useInstead(graph, again.instead, again.part.since);
  }
  graph.output(concat(graph, head.nll, 0), 'nll');
  pruneUnused(graph);
  // Nothing reads the adapter's gradients. Each is computed as early as possible, and then its block's memory is
  // freed.
  lastLeavesFirst(graph);
  return graph;
}

/**
 * A block's state with some of its values in 16 bits. The forward pass goes on with the exact values. The rounded ones
 * are made at once: if the backward pass made them, the exact values would have to stay in memory until then.
 */
function roundedState(
  graph: Graph,
  state: BlockValues['state'],
  names: readonly string[],
): BlockValues['state'] {
  const entries = Object.entries(state).map(([name, value]): [string, Value] => {
    if (!names.some((rounded) => name.startsWith(`${rounded}.`))) return [name, value];
    const half = cast(graph, value, 'float16');
    graph.makeHere(half);
    return [name, half];
  });
  return Object.fromEntries(entries);
}

function inFull(graph: Graph, value: Value): Value {
  return value.dtype === 'float16' ? cast(graph, value, 'float32') : value;
}
