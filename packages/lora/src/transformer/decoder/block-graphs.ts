import { Graph } from '../../autodiff/graph.js';
import { concat, reduceMax } from '../../autodiff/operators/index.js';
import type { BlockKind, TransformerConfig } from '../config/transformer-config.js';
import type { BatchShape, BlockValues } from './block-context.js';
import { type BlockGraphOptions, blockContext, blockInputs, sharedInputs } from './block-inputs.js';
import { decoderBlock } from './decoder-block.js';
import { inPieces } from './token-pieces.js';

/** Builds a block on graph inputs: `x`, `positions`, `mask`, every frozen weight, every adapter matrix. */
function blockOnInputs(options: BlockGraphOptions, kind: BlockKind) {
  const { config, batch } = options;
  const graph = new Graph();
  const x = graph.input('x', 'float32', [batch.rows * batch.sequenceLength, config.hiddenSize]);
  const shared = sharedInputs(graph, options);
  const inputs = blockInputs(graph, options);
  const values = decoderBlock(graph, inPieces(graph, x), blockContext(options, inputs, shared(kind)));
  return { graph, x, y: concat(graph, values.y, 0), values, matrices: inputs.matrices };
}

/** The forward graph of one block: output `y`. Serves every block of a kind: the weights are inputs. */
export function blockForwardGraph(options: BlockGraphOptions, kind: BlockKind): Graph {
  const { graph, y } = blockOnInputs(options, kind);
  graph.output(y, 'y');
  return graph;
}

/** Names of the calibration's outputs. */
export type CalibratedInput = keyof BlockValues['inputs'];

/** The forward graph of one block of the base, float32, with the largest magnitude of each channel of three inputs. */
export function blockCalibrationGraph(config: TransformerConfig, batch: BatchShape, kind: BlockKind): Graph {
  const { graph, y, values } = blockOnInputs({ config, batch, adapter: null, precision: 'float32' }, kind);
  graph.output(y, 'y');
  for (const [name, pieces] of Object.entries(values.inputs)) {
    const [magnitude] = graph.apply('Abs', [concat(graph, pieces, 0)], {});
    graph.output(reduceMax(graph, magnitude!, [0]), name);
  }
  return graph;
}
