import type { DataType, Graph, Value } from '../../autodiff/graph.js';
import { add, concat, gemm, mul, quantizedProduct, transpose } from '../../autodiff/operators/index.js';
import { TARGET_MODULES } from '../config/adapter-config.js';
import {
  ATTENTION_INPUTS,
  type ExtraWeight,
  moduleShape,
  QUANTIZED_MATRICES,
  type QuantizedName,
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
  return smoothedProducts(graph, config, input, (name, x) => quantizedProduct(graph, x, matrices.get(name)!));
}

/**
 * The same with one copy of each matrix, which both directions read: `codes` int8 [out, in], with a `scale` for each
 * output, by which the products are multiplied afterwards, and their gradients before they are rounded.
 */
export function singleCopyProducts(
  graph: Graph,
  config: TransformerConfig,
  input: DeclareInput,
): FrozenProducts {
  const matrices = new Map(
    QUANTIZED_MATRICES.map((name) => {
      const [out, inner] = quantizedShape(name, config);
      const codes = input(`${name}.codes`, 'int8', [out, inner]);
      return [name, { codes, scale: input(`${name}.scale`, 'float32', [out]) }];
    }),
  );
  const ones = (size: number) => graph.constant('float32', [size], new Float32Array(size).fill(1));
  return smoothedProducts(graph, config, input, (name, x) => {
    const { codes, scale } = matrices.get(name)!;
    const [out, inner] = codes.shape as [number, number];
    // ONNX Runtime packs a copy of every constant that a product reads; it does not pack what other nodes give it.
    const [backward] = graph.apply('Identity', [codes], {});
    const product = quantizedProduct(graph, x, {
      forward: transpose(graph, codes, [1, 0]),
      forwardScale: ones(out),
      backward: backward!,
      backwardScale: ones(inner),
    });
    return mul(graph, product, scale);
  });
}

/** @param product x W^T of a matrix */
function smoothedProducts(
  graph: Graph,
  config: TransformerConfig,
  input: DeclareInput,
  product: (name: QuantizedName, x: Value) => Value,
): FrozenProducts {
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
      const output = product(module, x);
      return residual ? add(graph, output, residual) : output;
    },
    attentionProduct: (x) => product('attention', x),
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
