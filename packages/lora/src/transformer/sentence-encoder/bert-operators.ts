import type { Graph, Value } from '../../autodiff/graph.js';
import { defineOperators } from '../../autodiff/graph.js';
import { shapeMismatch } from '../../autodiff/shape-rules.js';

/**
 * LayerNorm over the last axis: (x - mean) / sqrt(variance + epsilon) * scale + bias.
 * https://arxiv.org/abs/1607.06450
 * @param scale float32 [hidden]
 * @param bias float32 [hidden]
 */
export function layerNorm(graph: Graph, x: Value, scale: Value, bias: Value, epsilon: number): Value {
  return graph.apply('LayerNormalization', [x, scale, bias], { axis: -1, epsilon: { float: epsilon } })[0]!;
}

/**
 * LayerNorm of x + skip + shift in one pass: ONNX Runtime's SkipLayerNormalization.
 * @param x float32 [batch, sequence, hidden]
 * @param shift float32 [hidden], the bias of the product that made x
 */
export function skipLayerNorm(
  graph: Graph,
  x: Value,
  skip: Value,
  { scale, bias, shift, epsilon }: { scale: Value; bias: Value; shift: Value; epsilon: number },
): Value {
  return graph.apply('SkipLayerNormalization', [x, skip, scale, bias, shift], {
    epsilon: { float: epsilon },
  })[0]!;
}

/** GELU of x + bias by the error function (not its tanh approximation). https://arxiv.org/abs/1606.08415 */
export function biasGelu(graph: Graph, x: Value, bias: Value): Value {
  return graph.apply('BiasGelu', [x, bias], {})[0]!;
}

/**
 * Softmax(Q K^T / sqrt(head size)) V of every head: ONNX Runtime's MultiHeadAttention.
 * @param query, key, value float32 [batch, sequence, hidden]
 * @param mask int32 [batch, sequence], 1 for a token and 0 for padding
 */
export function multiHeadAttention(
  graph: Graph,
  {
    query,
    key,
    value,
    mask,
    headCount,
  }: Record<'query' | 'key' | 'value' | 'mask', Value> & { headCount: number },
): Value {
  return graph.apply('MultiHeadAttention', [query, key, value, null, mask], { num_heads: headCount })[0]!;
}

// Embedding models are not trained here: none of these has a derivative.
defineOperators({
  LayerNormalization: {
    domain: '',
    infer: ([x, scale, bias]) => {
      if ([scale, bias].some((value) => `${value!.shape}` !== `${x!.shape.at(-1)}`)) {
        throw shapeMismatch(
          'LayerNormalization',
          [x!, scale!, bias!],
          'scale or bias do not fit the last axis',
        );
      }
      return [{ dtype: x!.dtype, shape: [...x!.shape] }];
    },
    vjp: null,
  },
  SkipLayerNormalization: {
    domain: 'com.microsoft',
    infer: ([x, skip, ...vectors]) => {
      const fits = vectors.every((vector) => `${vector!.shape}` === `${x!.shape.at(-1)}`);
      if (`${x!.shape}` !== `${skip!.shape}` || !fits) {
        throw shapeMismatch('SkipLayerNormalization', [x!, skip!, ...vectors], 'they do not fit each other');
      }
      return [{ dtype: x!.dtype, shape: [...x!.shape] }];
    },
    vjp: null,
  },
  BiasGelu: {
    domain: 'com.microsoft',
    infer: ([x, bias]) => {
      if (`${bias!.shape}` !== `${x!.shape.at(-1)}`) {
        throw shapeMismatch('BiasGelu', [x!, bias!], 'the bias does not fit the last axis');
      }
      return [{ dtype: x!.dtype, shape: [...x!.shape] }];
    },
    vjp: null,
  },
  MultiHeadAttention: {
    domain: 'com.microsoft',
    infer: ([query, key, value, , mask], { num_heads }) => {
      const [batch, sequence, hidden] = query!.shape;
      const equal = [key, value].every((other) => `${other!.shape}` === `${query!.shape}`);
      if (!equal || `${mask!.shape}` !== `${[batch, sequence]}` || hidden! % (num_heads as number) !== 0) {
        throw shapeMismatch(
          'MultiHeadAttention',
          [query!, key!, value!, mask!],
          `${num_heads} heads need [b, s, h]`,
        );
      }
      return [{ dtype: query!.dtype, shape: [...query!.shape] }];
    },
    vjp: null,
  },
});
