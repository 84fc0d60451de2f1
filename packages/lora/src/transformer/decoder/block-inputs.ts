import type { DataType, Graph, Value } from '../../autodiff/graph.js';
import { add, type RotaryTables } from '../../autodiff/operators/index.js';
import type { AdapterConfig, TargetModule } from '../config/adapter-config.js';
import { MODULE_GROUPS, moduleShape } from '../config/modules.js';
import type { BlockKind, TransformerConfig } from '../config/transformer-config.js';
import { maskChunks, windowMask } from './attention.js';
import type { BatchShape, BlockContext, BlockLora, FrozenProducts, Precision } from './block-context.js';
import { type DeclareInput, float32Products, int8Products, singleCopyProducts } from './frozen-products.js';
import { rotaryAngles } from './rotary-tables.js';

/** What graphs of transformer blocks are built for. */
export interface BlockGraphOptions {
  config: TransformerConfig;
  batch: BatchShape;
  /** Null for the base model alone. */
  adapter: AdapterConfig | null;
  precision: Precision;
  /**
   * With int8: every matrix of the blocks is in memory once, turned and packed at every product, instead of packed
   * once for each direction: a byte a parameter less. Defaults to false.
   */
  singleCopy?: boolean;
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
export function targetedGroups(
  targetModules: readonly TargetModule[],
): (readonly [TargetModule, ...TargetModule[]])[] {
  return MODULE_GROUPS.flatMap((group) => {
    const [first, ...others] = group.filter((module) => targetModules.includes(module));
    return first === undefined ? [] : [[first, ...others] as const];
  });
}

/** What blocks of one kind share. */
export interface KindInputs {
  rotary: RotaryTables | null;
  masks: Value[];
}

/** What all blocks share: inputs `positions` and `mask`, and each kind's constants, made when they are asked for. */
export function sharedInputs(
  graph: Graph,
  { config, batch }: BlockGraphOptions,
): (kind: BlockKind) => KindInputs {
  const { rows, sequenceLength } = batch;
  const positions = graph.input('positions', 'int64', [rows, sequenceLength]);
  const mask = graph.input('mask', 'float32', [rows, 1, sequenceLength, sequenceLength]);
  const whole = maskChunks(graph, mask);
  const made = new Map<BlockKind, KindInputs>();
  return (kind) => {
    const known = made.get(kind);
    if (known) return known;
    const looksAtAll = kind.window === null || kind.window >= sequenceLength;
    const masks = looksAtAll
      ? whole
      : maskChunks(graph, add(graph, mask, windowMask(graph, kind, sequenceLength)));
    const inputs = { rotary: rotaryTables(graph, config, kind, positions), masks };
    made.set(kind, inputs);
    return inputs;
  };
}

function rotaryTables(
  graph: Graph,
  { headSize, rotaryLayout }: TransformerConfig,
  { ropeTheta, rotaryFactors }: BlockKind,
  positions: Value,
): RotaryTables | null {
  if (ropeTheta === null) return null;
  const sequenceLength = positions.shape[1]!;
  const angles = rotaryAngles(headSize, ropeTheta, rotaryFactors, sequenceLength);
  const table = [sequenceLength, headSize / 2];
  const cos = graph.constant('float32', table, angles.cos);
  const sin = graph.constant('float32', table, angles.sin);
  return { positions, cos, sin, interleaved: rotaryLayout === 'interleaved' };
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
  const { config, batch, adapter } = options;
  const input = (name: string, dtype: DataType, shape: readonly number[]) =>
    graph.input(`${prefix}${name}`, dtype, shape);
  const frozen = frozenProducts(graph, options, input);
  if (!adapter) return { frozen, lora: null, matrices: [] };
  const lora = adapterInputs(config, adapter, batch.rows * batch.sequenceLength, input);
  return { frozen, lora, matrices: [...lora.a.values(), ...lora.b.values()] };
}

function frozenProducts(
  graph: Graph,
  { config, precision, singleCopy }: BlockGraphOptions,
  input: DeclareInput,
): FrozenProducts {
  if (precision === 'float32') return float32Products(graph, config, input);
  return singleCopy ? singleCopyProducts(graph, config, input) : int8Products(graph, config, input);
}

/** Everything a block is built from. */
export function blockContext(
  { config, batch }: BlockGraphOptions,
  { frozen, lora }: BlockInputs,
  shared: KindInputs,
): BlockContext {
  return { config, batch, frozen, lora, ...shared };
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
    const [first] = group;
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
