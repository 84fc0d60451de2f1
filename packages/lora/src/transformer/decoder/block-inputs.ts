import type { DataType, Graph, Value } from '../../autodiff/graph.js';
import { add, concat, gemm, quantizedProduct, type RotaryTables } from '../../autodiff/operators/index.js';
import { type AdapterConfig, TARGET_MODULES, type TargetModule } from '../config/adapter-config.js';
import {
  ATTENTION_INPUTS,
  MODULE_GROUPS,
  moduleShape,
  QUANTIZED_MATRICES,
  quantizedShape,
} from '../config/modules.js';
import type { TransformerConfig } from '../config/transformer-config.js';
import { maskChunks } from './attention.js';
import type { BatchShape, BlockContext, BlockLora, FrozenProducts } from './llama-block.js';
import { rotaryAngles } from './rotary-tables.js';

/** In what numbers the frozen products are computed; everything else is float32 always. */
export type Precision = 'float32' | 'int8';

/** What graphs of transformer blocks are built for. */
export interface BlockGraphOptions {
  config: TransformerConfig;
  batch: BatchShape;
  /** Null for the base model alone. */
  adapter: AdapterConfig | null;
  precision: Precision;
}

/** Names of a block's inputs; gradients carry the adapter's names behind `d_`. */
export const inputNames = {
  a: (first: TargetModule): string => `lora_A.${first}`,
  b: (module: TargetModule): string => `lora_B.${module}`,
  dropout: (first: TargetModule): string => `dropout.${first}`,
  /** In the graph of a whole model every name of a block's input stands behind this. */
  block: (index: number): string => `block.${index}.`,
};

/** The groups of targeted modules that share one input, each led by its first targeted module. */
export function targetedGroups(targetModules: readonly TargetModule[]): TargetModule[][] {
  return MODULE_GROUPS.map((group) => group.filter((module) => targetModules.includes(module))).filter(
    (group) => group.length > 0,
  );
}

/** What all blocks share, as inputs `positions` and `mask` and constants. */
export function sharedInputs(
  graph: Graph,
  { config, batch }: BlockGraphOptions,
): { rotary: RotaryTables; masks: Value[] } {
  const { rows, sequenceLength } = batch;
  const positions = graph.input('positions', 'int64', [rows, sequenceLength]);
  const mask = graph.input('mask', 'float32', [rows, 1, sequenceLength, sequenceLength]);
  const angles = rotaryAngles(config, sequenceLength);
  const table = [sequenceLength, config.headSize / 2];
  const cos = graph.constant('float32', table, angles.cos);
  const sin = graph.constant('float32', table, angles.sin);
  return {
    rotary: { positions, cos, sin, interleaved: config.rotaryLayout === 'interleaved' },
    masks: maskChunks(graph, mask),
  };
}

/** One block's own inputs: every frozen weight and every matrix of the adapter. */
export interface BlockInputs {
  frozen: FrozenProducts;
  lora: BlockLora | null;
  /** The adapter's matrices, named as inputs. */
  matrices: Value[];
}

/** Declares the inputs of one block, their names behind `prefix`. */
export function blockInputs(graph: Graph, options: BlockGraphOptions, prefix = ''): BlockInputs {
  const { config, batch, adapter, precision } = options;
  const input = (name: string, dtype: DataType, shape: readonly number[]) =>
    graph.input(`${prefix}${name}`, dtype, shape);
  const frozen =
    precision === 'int8' ? int8Products(graph, config, input) : float32Products(graph, config, input);
  if (!adapter) return { frozen, lora: null, matrices: [] };
  const lora = adapterInputs(config, adapter, batch.rows * batch.sequenceLength, input);
  return { frozen, lora, matrices: [...lora.a.values(), ...lora.b.values()] };
}

/** Everything a block is built from. */
export function blockContext(
  { config, batch }: BlockGraphOptions,
  { frozen, lora }: BlockInputs,
  shared: ReturnType<typeof sharedInputs>,
): BlockContext {
  return { config, batch, frozen, lora, ...shared };
}

type DeclareInput = (name: string, dtype: DataType, shape: readonly number[]) => Value;

/** Frozen products in float32: inputs named for the module, [out, in]. */
function float32Products(graph: Graph, config: TransformerConfig, input: DeclareInput): FrozenProducts {
  const weights = new Map(
    TARGET_MODULES.map((module) => [module, input(module, 'float32', moduleShape(module, config))]),
  );
  return {
    norms: normInputs(config, input),
    product: (module, x, residual) => gemm(graph, x, weights.get(module)!, { transB: true }, residual),
    attentionProduct: (x) =>
      concat(
        graph,
        ATTENTION_INPUTS.map((module) => gemm(graph, x, weights.get(module)!, { transB: true })),
        1,
      ),
  };
}

/** Frozen products in 8-bit integers; see `QuantizedMatrix` for the inputs. */
function int8Products(graph: Graph, config: TransformerConfig, input: DeclareInput): FrozenProducts {
  const matrices = new Map(
    QUANTIZED_MATRICES.map((name) => {
      const [out, inner] = quantizedShape(name, config);
      const matrix = {
        forward: input(`${name}.forward`, 'int8', [inner, out]),
        forwardScale: input(`${name}.forwardScale`, 'float32', [out]),
        backward: input(`${name}.backward`, 'int8', [out, inner]),
        backwardScale: input(`${name}.backwardScale`, 'float32', [inner]),
      };
      return [name, matrix];
    }),
  );
  const { hiddenSize, mlpSize } = config;
  return {
    norms: normInputs(config, input),
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
    attentionProduct: (x) => quantizedProduct(graph, x, matrices.get('attention')!),
  };
}

function normInputs({ hiddenSize }: TransformerConfig, input: DeclareInput): FrozenProducts['norms'] {
  return {
    input_layernorm: input('input_layernorm', 'float32', [hiddenSize]),
    post_attention_layernorm: input('post_attention_layernorm', 'float32', [hiddenSize]),
  };
}

function adapterInputs(
  config: TransformerConfig,
  adapter: AdapterConfig,
  tokens: number,
  input: DeclareInput,
): BlockLora {
  const a = new Map<TargetModule, Value>();
  const b = new Map<TargetModule, Value>();
  const dropout = new Map<TargetModule, Value>();
  for (const group of targetedGroups(adapter.targetModules)) {
    const first = group[0]!;
    const inFeatures = moduleShape(first, config)[1];
    a.set(first, input(inputNames.a(first), 'float32', [group.length * adapter.rank, inFeatures]));
    for (const module of group) {
      const shape = [moduleShape(module, config)[0], adapter.rank];
      b.set(module, input(inputNames.b(module), 'float32', shape));
    }
    if (adapter.dropout > 0) {
      dropout.set(first, input(inputNames.dropout(first), 'uint8', [tokens, inFeatures]));
    }
  }
  return { config: adapter, a, b, dropout };
}
