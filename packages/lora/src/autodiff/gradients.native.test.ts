import { describe, expect, test } from 'vitest';
import { elementCount } from '../weights/element-count.js';
import { gradients } from './gradients.js';
import { differentiableOperators, Graph, type Value } from './graph.js';
import { float32Of, type HostTensor, hostTensor } from './host-tensor.js';
import * as op from './operators/index.js';
import { GraphSession } from './session.js';

/** A small deterministic generator, uniform in [-1, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

interface Case {
  shapes: number[][];
  build: (graph: Graph, inputs: Value[]) => Value;
  /** Inputs that get a gradient; all by default. */
  wanted?: number[];
}

const positions = (graph: Graph, batch: number, sequence: number) =>
  graph.constant(
    'int64',
    [batch, sequence],
    BigInt64Array.from({ length: batch * sequence }, (_, i) => BigInt(i % sequence)),
  );

const angles = (graph: Graph, sequence: number, half: number, of: (angle: number) => number) =>
  graph.constant(
    'float32',
    [sequence, half],
    Float32Array.from({ length: sequence * half }, (_, i) => of(Math.floor(i / half) / (1 + (i % half)))),
  );

const rotaryCase = (interleaved: boolean): Case => ({
  shapes: [[2, 3, 8]],
  build: (graph, [x]) =>
    op.rotary(graph, x!, {
      positions: positions(graph, 2, 3),
      cos: angles(graph, 3, 2, Math.cos),
      sin: angles(graph, 3, 2, Math.sin),
      interleaved,
    }),
});

const products = (['Gemm', 'FusedMatMul'] as const).flatMap((name) =>
  [false, true].flatMap((transA) =>
    [false, true].map((transB): [string, Case] => {
      const batch = name === 'Gemm' ? [] : [2];
      const shapes = [
        [...batch, ...(transA ? [4, 3] : [3, 4])],
        [...batch, ...(transB ? [5, 4] : [4, 5])],
      ];
      const build = name === 'Gemm' ? op.gemm : op.matmul;
      const options = { transA, transB, alpha: 0.5 };
      return [
        `${name} transA ${transA} transB ${transB}`,
        { shapes, build: (graph, [a, b]) => build(graph, a!, b!, options) },
      ];
    }),
  ),
);

const cases: Record<string, Case> = {
  Identity: { shapes: [[2, 3]], build: (graph, [x]) => graph.apply('Identity', [x!], {})[0]! },
  Add: { shapes: [[2, 3], [3]], build: (graph, [a, b]) => op.add(graph, a!, b!) },
  Sub: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (graph, [a, b]) => op.sub(graph, a!, b!),
  },
  Mul: {
    shapes: [
      [2, 3],
      [1, 3],
    ],
    build: (graph, [a, b]) => op.mul(graph, a!, b!),
  },
  Neg: { shapes: [[2, 3]], build: (graph, [x]) => op.neg(graph, x!) },
  // To float16 it would be rounded, which finite differences take for steps.
  Cast: { shapes: [[2, 3]], build: (graph, [x]) => op.cast(graph, x!, 'float32') },
  Sigmoid: { shapes: [[2, 3]], build: (graph, [x]) => op.sigmoid(graph, x!) },
  QuickGelu: { shapes: [[2, 3]], build: (graph, [x]) => op.silu(graph, x!) },
  ...Object.fromEntries(products),
  'Gemm with a sum': {
    shapes: [[3, 4], [4, 5], [5]],
    build: (graph, [a, b, c]) => op.gemm(graph, a!, b!, {}, c!),
  },
  Reshape: { shapes: [[2, 6]], build: (graph, [x]) => op.reshape(graph, x!, [3, 4]) },
  Transpose: { shapes: [[2, 3, 4]], build: (graph, [x]) => op.transpose(graph, x!, [1, 2, 0]) },
  Split: {
    shapes: [[2, 6]],
    build: (graph, [x]) => {
      const [left, , right] = op.split(graph, x!, 1, [2, 1, 3]); // the middle piece gets no gradient
      return op.concat(graph, [op.neg(graph, right!), left!], 1);
    },
  },
  Concat: {
    shapes: [
      [2, 3],
      [2, 2],
    ],
    build: (graph, [a, b]) => op.concat(graph, [a!, b!], 1),
  },
  Slice: { shapes: [[2, 5]], build: (graph, [x]) => op.slice(graph, x!, 1, 1, 4) },
  Pad: { shapes: [[2, 3]], build: (graph, [x]) => op.padAxis(graph, x!, 1, 2, 1) },
  ReduceSum: { shapes: [[2, 3, 4]], build: (graph, [x]) => op.reduceSum(graph, x!, [0, 2]) },
  ReduceMean: { shapes: [[2, 3]], build: (graph, [x]) => op.reduceMean(graph, x!, [-1]) },
  Softmax: { shapes: [[2, 5]], build: (graph, [x]) => op.softmax(graph, x!) },
  SimplifiedLayerNormalization: {
    shapes: [[3, 8], [8]],
    build: (graph, [x, scale]) => op.rmsNorm(graph, x!, scale!, 1e-5),
  },
  'RotaryEmbedding interleaved': rotaryCase(true),
  'RotaryEmbedding halves': rotaryCase(false),
};

/** Compares the gradients with central differences of sum(y * weights) along random directions. */
async function checkGradients({ shapes, build, wanted }: Case): Promise<void> {
  const random = uniform(7);
  const graph = new Graph();
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
  const result = build(graph, inputs);
  const seed = graph.input('seed', 'float32', result.shape);
  const targets = wanted ? wanted.map((i) => inputs[i]!) : inputs;
  graph.output(result, 'y');
  gradients(graph, new Map([[result, seed]]), targets).forEach((gradient, i) => {
    expect(gradient.shape).toEqual(targets[i]!.shape);
    graph.output(gradient, `d_${targets[i]!.name}`);
  });
  await using session = await GraphSession.create(graph, { threads: 1 });

  const values = shapes.map((shape) => Float32Array.from({ length: elementCount(shape) }, random));
  const weights = Float32Array.from({ length: elementCount(result.shape) }, random);
  const feedsOf = (arrays: Float32Array[]): Record<string, HostTensor> => ({
    ...Object.fromEntries(arrays.map((array, i) => [`x${i}`, hostTensor(array, shapes[i]!)])),
    seed: hostTensor(weights, result.shape),
  });
  const objective = async (arrays: Float32Array[]): Promise<number> => {
    const y = float32Of((await session.run(feedsOf(arrays))).y);
    return y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };

  const analytic = await session.run(feedsOf(values));
  const step = 1e-2;
  for (const target of targets) {
    const index = inputs.indexOf(target);
    const gradient = float32Of(analytic[`d_${target.name}`]);
    for (let trial = 0; trial < 3; trial++) {
      const direction = Float32Array.from(values[index]!, random);
      const moved = (sign: number) =>
        values.map((array, i) =>
          i === index ? array.map((v, j) => v + sign * step * direction[j]!) : array,
        );
      const numeric = ((await objective(moved(1))) - (await objective(moved(-1)))) / (2 * step);
      const expected = gradient.reduce((sum, value, j) => sum + value * direction[j]!, 0);
      const scale = Math.hypot(...gradient) * Math.hypot(...direction);
      expect(Math.abs(numeric - expected)).toBeLessThan(2e-3 * scale + 2e-5);
    }
  }
}

describe('vector-Jacobian products agree with central differences', () => {
  test.each(Object.entries(cases))('%s', (_name, example) => checkGradients(example));

  test('every differentiable operator owns a case', () => {
    // A rounded product has no finite differences: quantized.model.test.ts compares it with the exact one.
    const covered = ['QuantizedProduct', ...Object.keys(cases).map((name) => name.split(' ')[0])];
    expect(differentiableOperators().filter((name) => !covered.includes(name))).toEqual([]);
  });
});

describe('the reverse walk', () => {
  test('builds no nodes for frozen weights', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3, 4]);
    const frozen = graph.input('w', 'float32', [4, 5]);
    const y = op.gemm(graph, x, frozen);
    const before = graph.nodes.length;
    gradients(graph, new Map([[y, graph.input('dy', 'float32', [3, 5])]]), [x]);
    expect(graph.nodes.length - before).toBe(1);
  });

  test('names the operator without a rule', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3, 4]);
    const y = op.gather(graph, x, graph.input('i', 'int64', [2]));
    expect(() => gradients(graph, new Map([[y, y]]), [x])).toThrow(/Gather/);
  });

  test('says which target is not reached', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3]);
    const other = graph.input('other', 'float32', [3]);
    const y = op.neg(graph, x);
    expect(() => gradients(graph, new Map([[y, y]]), [other])).toThrow(/other/);
  });
});
