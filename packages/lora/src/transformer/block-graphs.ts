import { gradients } from '../autodiff/gradients.js';
import { Graph, type Value } from '../autodiff/graph.js';
import type { AdapterConfig, TargetModule } from './adapter-config.js';
import type { TransformerConfig } from './architecture.js';
import { type BatchShape, type BlockContext, llamaBlock } from './llama-block.js';
import {
  BLOCK_WEIGHT_NAMES,
  type BlockWeight,
  blockWeightShape,
  MODULE_GROUPS,
  moduleShape,
} from './modules.js';
import { rotaryAngles } from './rotary-tables.js';

/** Names of a block graph's adapter inputs; gradients carry the same name behind `d_`. */
export const inputNames = {
  a: (first: TargetModule): string => `lora_A.${first}`,
  b: (module: TargetModule): string => `lora_B.${module}`,
  dropout: (first: TargetModule): string => `dropout.${first}`,
};

/** The groups of targeted modules that share one input, each led by its first targeted module. */
export function targetedGroups(targetModules: readonly TargetModule[]): TargetModule[][] {
  return MODULE_GROUPS.map((group) => group.filter((module) => targetModules.includes(module))).filter(
    (group) => group.length > 0,
  );
}

/** Builds a block on graph inputs: `x`, `positions`, `mask`, every frozen weight, every adapter matrix. */
function blockOnInputs(config: TransformerConfig, batch: BatchShape, adapter: AdapterConfig | null) {
  const graph = new Graph();
  const tokens = batch.rows * batch.sequenceLength;
  const x = graph.input('x', 'float32', [tokens, config.hiddenSize]);
  const positions = graph.input('positions', 'int64', [batch.rows, batch.sequenceLength]);
  const mask = graph.input('mask', 'float32', [batch.rows, 1, batch.sequenceLength, batch.sequenceLength]);
  const weights = Object.fromEntries(
    (Object.keys(BLOCK_WEIGHT_NAMES) as BlockWeight[]).map((name) => [
      name,
      graph.input(name, 'float32', blockWeightShape(name, config)),
    ]),
  ) as Record<BlockWeight, Value>;

  const a = new Map<TargetModule, Value>();
  const b = new Map<TargetModule, Value>();
  const dropout = new Map<TargetModule, Value>();
  for (const group of adapter ? targetedGroups(adapter.targetModules) : []) {
    const first = group[0]!;
    const inFeatures = moduleShape(first, config)[1];
    a.set(first, graph.input(inputNames.a(first), 'float32', [group.length * adapter!.rank, inFeatures]));
    for (const module of group) {
      b.set(
        module,
        graph.input(inputNames.b(module), 'float32', [moduleShape(module, config)[0], adapter!.rank]),
      );
    }
    if (adapter!.dropout > 0) {
      dropout.set(first, graph.input(inputNames.dropout(first), 'float32', [tokens, inFeatures]));
    }
  }

  const angles = rotaryAngles(config, batch.sequenceLength);
  const table = [batch.sequenceLength, config.headSize / 2];
  const context: BlockContext = {
    config,
    batch,
    weights,
    lora: adapter ? { config: adapter, a, b, dropout } : null,
    rotary: {
      positions,
      cos: graph.constant('float32', table, angles.cos),
      sin: graph.constant('float32', table, angles.sin),
      interleaved: config.rotaryLayout === 'interleaved',
    },
    mask,
  };
  return { graph, x, y: llamaBlock(graph, x, context), a, b };
}

/** The forward graph of one block: output `y`. Serves every block: the weights are inputs. */
export function blockForwardGraph(
  config: TransformerConfig,
  batch: BatchShape,
  adapter: AdapterConfig | null,
): Graph {
  const { graph, y } = blockOnInputs(config, batch, adapter);
  graph.output(y, 'y');
  return graph;
}

/**
 * The backward graph of one block. It takes the block's input again and recomputes the forward pass, so that nothing but
 * the input has to be kept. Input `dy`; outputs `dx` and `d_` + name for every adapter matrix.
 */
export function blockBackwardGraph(
  config: TransformerConfig,
  batch: BatchShape,
  adapter: AdapterConfig,
): Graph {
  const { graph, x, y, a, b } = blockOnInputs(config, batch, adapter);
  const dy = graph.input('dy', 'float32', y.shape);
  const matrices = [...a.values(), ...b.values()];
  const [dx, ...rest] = gradients(graph, new Map([[y, dy]]), [x, ...matrices]);
  graph.output(dx!, 'dx');
  for (const [i, gradient] of rest.entries()) graph.output(gradient, `d_${matrices[i]!.name}`);
  return graph;
}
