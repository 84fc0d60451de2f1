import { Graph } from '../../autodiff/graph.js';
import { absolute, concat, reduceMax } from '../../autodiff/operators/index.js';
import { TARGET_MODULES, type TargetModule } from '../config/adapter-config.js';
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

/** The output of a calibration that holds the largest weight of each column of a module. */
export const largestWeight = (module: TargetModule): string => `${module}.largest`;

/**
 * The forward graph of one block of the base, float32, with the largest magnitude of each channel of three inputs, and
 * that of each column of every matrix.
 */
export function blockCalibrationGraph(config: TransformerConfig, batch: BatchShape, kind: BlockKind): Graph {
  const { graph, y, values } = blockOnInputs({ config, batch, adapter: null, precision: 'float32' }, kind);
  graph.output(y, 'y');
  for (const [name, pieces] of Object.entries(values.inputs)) {
    graph.output(reduceMax(graph, absolute(graph, concat(graph, pieces, 0)), [0]), name);
  }
  for (const module of TARGET_MODULES) {
    const weight = graph.inputs.find(({ name }) => name === module)!;
    graph.output(reduceMax(graph, absolute(graph, weight), [0]), largestWeight(module));
  }
  return graph;
}
