import type { Graph, Value } from '../../autodiff/graph.js';
import { concat, mul, padAxis } from '../../autodiff/operators/index.js';
import type { TargetModule } from '../config/adapter-config.js';
import { ATTENTION_INPUTS, moduleShape } from '../config/modules.js';
import type { TransformerConfig } from '../config/transformer-config.js';
import type { BlockLora, FrozenProducts } from './block-context.js';

/**
 * The adapter's matrices of one block as its products take them: multiplied by the smoothing
 * factors, made once for all pieces.
 */
export interface AdapterMatrices {
  /** By the first targeted module of a group, [modules * rank, in]. */
  a: ReadonlyMap<TargetModule, Value>;
  /** Of each targeted module that has a product of its own, [out, rank]. */
  b: ReadonlyMap<TargetModule, Value>;
  /**
   * B of queries, keys and values for their one product, [out of all three, targeted * rank]: each module's B on the
   * diagonal. Null when none of them is targeted.
   */
  attentionB: Value | null;
}

export function adapterMatrices(
  graph: Graph,
  lora: BlockLora,
  { smoothing }: FrozenProducts,
  config: TransformerConfig,
): AdapterMatrices {
  const factorOf: Partial<Record<TargetModule, Value | undefined>> = {
    ...Object.fromEntries([...ATTENTION_INPUTS, 'qkv_proj'].map((module) => [module, smoothing?.attention])),
    gate_proj: smoothing?.mlp,
    up_proj: smoothing?.mlp,
    gate_up_proj: smoothing?.mlp,
    down_proj: smoothing?.down,
  };
  const scaled = (matrix: Value, factor: Value | undefined) => (factor ? mul(graph, matrix, factor) : matrix);
  const a = [...lora.a].map(([first, matrix]) => [first, scaled(matrix, factorOf[first])] as const);
  const b = [...lora.b].map(([module, matrix]) => {
    const factor = rowFactor(graph, module, smoothing?.downInverse);
    return [module, scaled(matrix, factor)] as const;
  });
  return { a: new Map(a), b: new Map(b), attentionB: attentionB(graph, lora, config) };
}

/**
 * What the rows of a B matrix are multiplied by. Only the rows of the up product have such factors: its output is
 * scaled down to suit the quantised down product that reads it.
 */
function rowFactor(graph: Graph, module: TargetModule, downInverse: Value | undefined): Value | undefined {
  if (module === 'up_proj' || downInverse === undefined)
    return module === 'up_proj' ? downInverse : undefined;
  if (module !== 'gate_up_proj') return undefined;
  const { shape } = downInverse;
  const ones = graph.constant('float32', shape, new Float32Array(shape[0]!).fill(1));
  return concat(graph, [ones, downInverse], 0);
}

function attentionB(graph: Graph, lora: BlockLora, config: TransformerConfig): Value | null {
  const fused = lora.b.get('qkv_proj');
  if (fused) return fused;
  const { rank } = lora.config;
  const targeted = ATTENTION_INPUTS.filter((module) => lora.b.has(module));
  if (targeted.length === 0) return null;
  const width = rank * targeted.length;
  const rows = ATTENTION_INPUTS.map((module) => {
    const at = targeted.indexOf(module);
    if (at >= 0) return padAxis(graph, lora.b.get(module)!, 1, at * rank, width - (at + 1) * rank);
    const shape = [moduleShape(module, config)[0], width];
    return graph.constant('float32', shape, new Float32Array(shape[0]! * width));
  });
  return concat(graph, rows, 0);
}
