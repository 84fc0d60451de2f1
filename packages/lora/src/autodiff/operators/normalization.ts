import type { Graph, Value } from '../graph.js';
import { defineOperators } from '../graph.js';
import { shapeMismatch } from '../shape-rules.js';
import { mul, sub } from './elementwise.js';
import { reduceMean } from './reductions.js';

/**
 * RMSNorm over the last axis: x / sqrt(mean(x^2) + epsilon) * scale.
 * ONNX Runtime's SimplifiedLayerNormalization; https://arxiv.org/abs/1910.07467
 * @param x float32 [rows, hidden]
 * @param scale float32 [hidden]
 */
export function rmsNorm(graph: Graph, x: Value, scale: Value, epsilon: number): Value {
  return graph.apply('SimplifiedLayerNormalization', [x, scale], {
    axis: -1,
    epsilon: { float: epsilon },
  })[0]!;
}

defineOperators({
  SimplifiedLayerNormalization: {
    domain: '',
    infer: ([x, scale]) => {
      if (scale!.shape.length !== 1 || scale!.shape[0] !== x!.shape.at(-1)) {
        throw shapeMismatch(
          'SimplifiedLayerNormalization',
          [x!, scale!],
          'the scale does not fit the last axis',
        );
      }
      return [
        { dtype: x!.dtype, shape: [...x!.shape] },
        { dtype: 'float32', shape: [...x!.shape.slice(0, -1), 1] }, // 1 / root mean square
      ];
    },
    // With n = x r (r the second output) and g = dy scale: dx = r (g - n mean(g n)).
    vjp: (graph, { inputs: [x, scale], outputs: [, inverse] }, [dy], wanted) => {
      const normalized = mul(graph, x!, inverse!);
      const scaled = () => mul(graph, dy!, scale!);
      const gradientX = () => {
        const g = scaled();
        const correction = mul(graph, normalized, reduceMean(graph, mul(graph, g, normalized), [-1]));
        return mul(graph, sub(graph, g, correction), inverse!);
      };
      return [wanted[0] ? gradientX() : null, wanted[1] ? mul(graph, dy!, normalized) : null];
    },
  },
});
