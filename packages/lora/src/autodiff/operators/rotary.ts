import type { Graph, Value } from '../graph.js';
import { defineOperators } from '../graph.js';
import { shapeMismatch } from '../shape-rules.js';
import { neg } from './elementwise.js';

/** The angle tables of rotary position embeddings. */
export interface RotaryTables {
  /** float32 [positions, headSize / 2] */
  cos: Value;
  /** float32 [positions, headSize / 2] */
  sin: Value;
  /** int64 [batch, sequence] */
  positions: Value;
  /** Pairs are neighbours (llama.cpp's row order) instead of half a head apart (Hugging Face's). */
  interleaved: boolean;
}

/**
 * Rotates each head of `x` by its position's angles: ONNX Runtime's RotaryEmbedding.
 * https://arxiv.org/abs/2104.09864
 * @param x float32 [batch, sequence, heads * headSize] or [batch, heads, sequence, headSize]
 */
export function rotary(graph: Graph, x: Value, { positions, cos, sin, interleaved }: RotaryTables): Value {
  return graph.apply('RotaryEmbedding', [x, positions, cos, sin], { interleaved: interleaved ? 1 : 0 })[0]!;
}

defineOperators({
  RotaryEmbedding: {
    domain: 'com.microsoft',
    infer: (inputs) => {
      const [x, , cos] = inputs as Value[];
      if (x!.shape.length < 3 || x!.shape.length > 4 || x!.shape.at(-1)! % (2 * cos!.shape[1]!) !== 0) {
        throw shapeMismatch('RotaryEmbedding', inputs, 'the last axis is not a whole number of heads');
      }
      return [{ dtype: x!.dtype, shape: [...x!.shape] }];
    },
    // A rotation's transpose is the rotation by the opposite angle.
    vjp: (graph, { inputs: [, positions, cos, sin], attributes }, [dy]) => [
      graph.apply('RotaryEmbedding', [dy!, positions!, cos!, neg(graph, sin!)], attributes)[0]!,
      null,
      null,
      null,
    ],
  },
});
