import type { DataType, Graph, Value } from '../../autodiff/graph.js';
import { add, concat, gemm, quantizedProduct } from '../../autodiff/operators/index.js';
import { TARGET_MODULES } from '../config/adapter-config.js';
import {
  ATTENTION_INPUTS,
  type ExtraWeight,
  moduleShape,
  QUANTIZED_MATRICES,
  quantizedShape,
  vectorNames,
  vectorSize,
} from '../config/modules.js';
import type { TransformerConfig } from '../config/transformer-config.js';
import type { FrozenProducts } from './block-context.js';

/** Declares an input of a block; the name is completed by the block's prefix. */
export type DeclareInput = (name: string, dtype: DataType, shape: readonly number[]) => Value;

/** Frozen products in float32: inputs named for the module, [out, in]. */
export function float32Products(
  graph: Graph,
  config: TransformerConfig,
  input: DeclareInput,
): FrozenProducts {
  const weights = new Map(
    TARGET_MODULES.map((module) => [module, input(module, 'float32', moduleShape(module, config))]),
  );
  return {
    norms: normInputs(config, input),
    extras: extraInputs(config, input),
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
export function int8Products(graph: Graph, config: TransformerConfig, input: DeclareInput): FrozenProducts {
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
    extras: extraInputs(config, input),
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

function extraInputs(config: TransformerConfig, input: DeclareInput): FrozenProducts['extras'] {
  const extras: Partial<Record<ExtraWeight, Value>> = {};
  for (const name of vectorNames(config).keys()) {
    if (name === 'input_layernorm' || name === 'post_attention_layernorm') continue;
    extras[name] = input(name, 'float32', [vectorSize(name, config)]);
  }
  return extras;
}
