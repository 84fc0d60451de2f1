import { gradients } from '../autodiff/gradients.js';
import { type DataType, feedInstead, Graph, type Value } from '../autodiff/graph.js';
import { add, concat, gemm, quantizedProduct, reduceMax } from '../autodiff/operators/index.js';
import { type AdapterConfig, TARGET_MODULES, type TargetModule } from './adapter-config.js';
import type { TransformerConfig } from './architecture.js';
import {
  type BatchShape,
  type BlockContext,
  type BlockValues,
  type FrozenProducts,
  llamaBlock,
} from './llama-block.js';
import { MODULE_GROUPS, moduleShape } from './modules.js';
import { rotaryAngles } from './rotary-tables.js';

/** In what numbers the frozen products are computed; everything else is float32 always. */
export type Precision = 'float32' | 'int8';

/** What a block's graph is built for. */
export interface BlockGraphOptions {
  config: TransformerConfig;
  batch: BatchShape;
  /** Null for the base model alone. */
  adapter: AdapterConfig | null;
  precision: Precision;
}

/** Names of a block graph's inputs; gradients carry the adapter's names behind `d_`. */
export const inputNames = {
  a: (first: TargetModule): string => `lora_A.${first}`,
  b: (module: TargetModule): string => `lora_B.${module}`,
  dropout: (first: TargetModule): string => `dropout.${first}`,
  kept: (name: string): string => `kept.${name}`,
};

/** The groups of targeted modules that share one input, each led by its first targeted module. */
export function targetedGroups(targetModules: readonly TargetModule[]): TargetModule[][] {
  return MODULE_GROUPS.map((group) => group.filter((module) => targetModules.includes(module))).filter(
    (group) => group.length > 0,
  );
}

/** Frozen products in float32: inputs named for the module, [out, in]. */
function float32Products(graph: Graph, config: TransformerConfig): FrozenProducts {
  const weights = new Map(
    TARGET_MODULES.map((module) => [module, graph.input(module, 'float32', moduleShape(module, config))]),
  );
  return {
    norms: normInputs(graph, config),
    product: (module, x, residual) => gemm(graph, x, weights.get(module)!, { transB: true }, residual),
  };
}

/** Frozen products in 8-bit integers; see `QuantizedBlock` for the inputs. */
function int8Products(graph: Graph, config: TransformerConfig): FrozenProducts {
  const input = (name: string, dtype: DataType, shape: number[]) => graph.input(name, dtype, shape);
  const matrices = new Map(
    TARGET_MODULES.map((module) => {
      const [out, inner] = moduleShape(module, config);
      const matrix = {
        forward: input(`${module}.forward`, 'int8', [inner, out]),
        forwardScale: input(`${module}.forwardScale`, 'float32', [out]),
        backward: input(`${module}.backward`, 'int8', [out, inner]),
        backwardScale: input(`${module}.backwardScale`, 'float32', [inner]),
      };
      return [module, matrix];
    }),
  );
  const { hiddenSize, mlpSize } = config;
  return {
    norms: normInputs(graph, config),
    smoothing: {
      attention: input('smoothing.attention', 'float32', [hiddenSize]),
      mlp: input('smoothing.mlp', 'float32', [hiddenSize]),
      down: input('smoothing.down', 'float32', [mlpSize]),
      downInverse: input('smoothing.downInverse', 'float32', [mlpSize, 1]),
    },
    product: (module, x, residual) => {
      const product = quantizedProduct(graph, x, matrices.get(module)!);
      return residual ? add(graph, product, residual) : product;
    },
  };
}

function normInputs(graph: Graph, config: TransformerConfig): FrozenProducts['norms'] {
  return {
    input_layernorm: graph.input('input_layernorm', 'float32', [config.hiddenSize]),
    post_attention_layernorm: graph.input('post_attention_layernorm', 'float32', [config.hiddenSize]),
  };
}

/** Builds a block on graph inputs: `x`, `positions`, `mask`, every frozen weight, every adapter matrix. */
function blockOnInputs({ config, batch, adapter, precision }: BlockGraphOptions) {
  const graph = new Graph();
  const tokens = batch.rows * batch.sequenceLength;
  const x = graph.input('x', 'float32', [tokens, config.hiddenSize]);
  const positions = graph.input('positions', 'int64', [batch.rows, batch.sequenceLength]);
  const mask = graph.input('mask', 'float32', [batch.rows, 1, batch.sequenceLength, batch.sequenceLength]);
  const frozen = precision === 'int8' ? int8Products(graph, config) : float32Products(graph, config);
  const lora = adapter ? { config: adapter, ...adapterInputs(graph, config, adapter, tokens) } : null;

  const angles = rotaryAngles(config, batch.sequenceLength);
  const table = [batch.sequenceLength, config.headSize / 2];
  const rotary = {
    positions,
    cos: graph.constant('float32', table, angles.cos),
    sin: graph.constant('float32', table, angles.sin),
    interleaved: config.rotaryLayout === 'interleaved',
  };
  const context: BlockContext = { config, batch, frozen, lora, rotary, mask };
  const matrices = lora ? [...lora.a.values(), ...lora.b.values()] : [];
  return { graph, x, values: llamaBlock(graph, x, context), matrices };
}

function adapterInputs(graph: Graph, config: TransformerConfig, adapter: AdapterConfig, tokens: number) {
  const a = new Map<TargetModule, Value>();
  const b = new Map<TargetModule, Value>();
  const dropout = new Map<TargetModule, Value>();
  for (const group of targetedGroups(adapter.targetModules)) {
    const first = group[0]!;
    const inFeatures = moduleShape(first, config)[1];
    a.set(first, graph.input(inputNames.a(first), 'float32', [group.length * adapter.rank, inFeatures]));
    for (const module of group) {
      const shape = [moduleShape(module, config)[0], adapter.rank];
      b.set(module, graph.input(inputNames.b(module), 'float32', shape));
    }
    if (adapter.dropout > 0) {
      dropout.set(first, graph.input(inputNames.dropout(first), 'float32', [tokens, inFeatures]));
    }
  }
  return { a, b, dropout };
}

/**
 * The forward graph of one block: output `y`. Serves every block: the weights are inputs.
 * @param keep also outputs `kept.*`, what `blockBackwardGraph` takes instead of computing it again
 */
export function blockForwardGraph(options: BlockGraphOptions, keep = false): Graph {
  const { graph, values } = blockOnInputs(options);
  graph.output(values.y, 'y');
  if (keep)
    for (const [name, value] of Object.entries(values.state)) graph.output(value, inputNames.kept(name));
  return graph;
}

/**
 * The backward graph of one block. It takes the block's input again and recomputes the forward pass, all of it or, with
 * `keep`, only what is cheap: the products come in as `kept.*`. Input `dy`; outputs `dx` and `d_` + name for every
 * adapter matrix.
 */
export function blockBackwardGraph(options: BlockGraphOptions, keep = false): Graph {
  const { graph, x, values, matrices } = blockOnInputs(options);
  const dy = graph.input('dy', 'float32', values.y.shape);
  const [dx, ...rest] = gradients(graph, new Map([[values.y, dy]]), [x, ...matrices]);
  graph.output(dx!, 'dx');
  for (const [i, gradient] of rest.entries()) graph.output(gradient, `d_${matrices[i]!.name}`);
  if (keep)
    for (const [name, value] of Object.entries(values.state))
      feedInstead(graph, value, inputNames.kept(name));
  return graph;
}

/** Names of the calibration's outputs. */
export type CalibratedInput = keyof BlockValues['inputs'];

/** The forward graph of one block of the base, float32, with the largest magnitude of each channel of three inputs. */
export function blockCalibrationGraph(config: TransformerConfig, batch: BatchShape): Graph {
  const { graph, values } = blockOnInputs({ config, batch, adapter: null, precision: 'float32' });
  graph.output(values.y, 'y');
  for (const [name, pieces] of Object.entries(values.inputs)) {
    const [magnitude] = graph.apply('Abs', [concat(graph, pieces, 0)], {});
    graph.output(reduceMax(graph, magnitude!, [0]), name);
  }
  return graph;
}
