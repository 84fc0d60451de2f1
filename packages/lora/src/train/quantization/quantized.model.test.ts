import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readPeftAdapter } from '../../adapter/peft.js';
import { gradients } from '../../autodiff/gradients.js';
import { Graph } from '../../autodiff/graph.js';
import { float32Of, hostTensor } from '../../autodiff/host-tensor.js';
import { gemm, quantizedProduct } from '../../autodiff/operators/index.js';
import { GraphSession } from '../../autodiff/session.js';
import { type BaseModel, loadBaseModel } from '../../transformer/base-model.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import { loadFrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import { keptState } from '../../transformer/decoder/kept-state.js';
import { GRADIENT_ROWS, headInputs, slicedHead } from '../../transformer/decoder/language-model-head.js';
import type { Activations } from '../../transformer/decoder/model-graph.js';
import { makeBatch } from '../batches/batch.js';
import { packExamples } from '../batches/packing.js';
import { seededRandom } from '../batches/random.js';
import { goldenExamples, goldenPath, goldenTensors, relativeError } from '../golden.fixture.js';
import { Scorer } from '../scoring/scorer.js';
import { cosine, gradientOf } from './adapter-gradient.fixture.js';
import { largestExactWeight } from './integer-products.js';
import { MatrixQuantizer } from './quantize-matrix.js';
import { quantizeTable } from './quantized-weights.js';

/** 8-bit weights; a CPU without VNNI can be tested with 7 only. */
const exact = (await largestExactWeight()) === 127;

const quantizer = new MatrixQuantizer(127, { threads: 2 });
afterAll(() => quantizer[Symbol.asyncDispose]());

function randomMatrix(rows: number, columns: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * columns }, () => random.next() - 0.5);
}

test('rows in codes give the matrix back to half a step, and their transpose is the same', async () => {
  const matrix = randomMatrix(5, 7, 4).fill(0, 7, 14);
  const found = await quantizer.entries(hostTensor(matrix, [5, 7]));
  const [codes, turned] = [found.codes, found.turned].map(({ data }) => data as Int8Array);
  const [scale, sum] = [float32Of(found.scale), float32Of(found.sum)];
  for (let column = 0; column < 7; column++) {
    let total = 0;
    for (let row = 0; row < 5; row++) {
      const value = matrix[row * 7 + column]!;
      const code = codes![row * 7 + column]!;
      expect(Math.abs(code * scale[row]! - value)).toBeLessThanOrEqual(scale[row]! * 0.501);
      expect(turned![column * 5 + row]).toBe(code);
      total += value;
    }
    expect(sum[column]).toBeCloseTo(total, 5);
  }
});

test('codes times scales give the matrix back to half a step, in both directions, with its factors', async () => {
  const [out, inner] = [12, 20];
  const weight = randomMatrix(out, inner, 3);
  const factors = { rows: randomMatrix(out, 1, 8), columns: randomMatrix(inner, 1, 9) };
  // The matrix in two parts, one below the other.
  const parts = [
    hostTensor(weight.subarray(0, 5 * inner), [5, inner]),
    hostTensor(weight.subarray(5 * inner), [7, inner]),
  ];
  const both = await quantizer.bothWays(parts, factors);
  const once = await quantizer.rows(parts, factors);
  const [forward, backward, codes] = [both.forward, both.backward, once.codes].map(
    ({ data }) => data as Int8Array,
  );
  const [forwardScale, backwardScale] = [float32Of(both.forwardScale), float32Of(both.backwardScale)];
  expect(once.scale.data).toEqual(both.forwardScale.data);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) {
      const value = weight[o * inner + i]! * factors.rows[o]! * factors.columns[i]!;
      const wrong = (code: number, scale: number) => Math.abs(code * scale - value) / scale;
      expect(wrong(forward![i * out + o]!, forwardScale[o]!)).toBeLessThan(0.51);
      expect(wrong(backward![o * inner + i]!, backwardScale[i]!)).toBeLessThan(0.51);
      expect(codes![o * inner + i]).toBe(forward![i * out + o]);
    }
  }
});

test('no code is beyond the largest that this CPU multiplies exactly', async () => {
  await using seven = new MatrixQuantizer(64, { threads: 2 });
  const { forward, backward } = await seven.bothWays([hostTensor(randomMatrix(12, 20, 3), [12, 20])]);
  for (const { data } of [forward, backward]) {
    expect(Math.max(...(data as Int8Array).map(Math.abs))).toBe(64);
  }
});

test.runIf(exact)('a quantised product and its gradient are the exact ones but for rounding', async () => {
  const [tokens, out, inner] = [16, 96, 64];
  const random = seededRandom(5);
  const values = (length: number) => Float32Array.from({ length }, () => random.next() - 0.5);
  const weight = values(out * inner);
  const { forward, backward, forwardScale, backwardScale } = await quantizer.bothWays([
    hostTensor(weight, [out, inner]),
  ]);

  const graph = new Graph();
  const x = graph.input('x', 'float32', [tokens, inner]);
  const dy = graph.input('dy', 'float32', [tokens, out]);
  const y = quantizedProduct(graph, x, {
    forward: graph.constant('int8', [inner, out], forward.data as Int8Array),
    forwardScale: graph.constant('float32', [out], float32Of(forwardScale)),
    backward: graph.constant('int8', [out, inner], backward.data as Int8Array),
    backwardScale: graph.constant('float32', [inner], float32Of(backwardScale)),
  });
  const reference = gemm(graph, x, graph.constant('float32', [out, inner], weight), { transB: true });
  graph.output(y, 'y');
  graph.output(reference, 'reference');
  graph.output(gradients(graph, new Map([[y, dy]]), [x])[0]!, 'dx');
  graph.output(gradients(graph, new Map([[reference, dy]]), [x])[0]!, 'dxReference');
  await using session = await GraphSession.create(graph, { threads: 1 });
  const rows = values(tokens * inner);
  rows.fill(0, 0, inner); // a row of zeros stays zero
  const feeds = { x: hostTensor(rows, [tokens, inner]), dy: hostTensor(values(tokens * out), [tokens, out]) };
  const outputs = await session.run(feeds);
  const error = relativeError(float32Of(outputs.y), float32Of(outputs.reference));
  expect(error).toBeLessThan(0.01);
  expect(error).toBeGreaterThan(0); // it really was computed in integers
  expect(relativeError(float32Of(outputs.dx), float32Of(outputs.dxReference))).toBeLessThan(0.01);
  expect(
    float32Of(outputs.y)
      .subarray(0, out)
      .every((value) => value === 0),
  ).toBe(true);
});

describe.runIf(exact)('on the real base the 8-bit gradient points where the float32 one does', () => {
  let base: BaseModel;
  let float32: { loss: number; gradient: Float32Array };

  beforeAll(async () => {
    base = await loadBaseModel(inject('baseModelFile'));
    float32 = await gradient('float32', 127, 'keep');
  });
  afterAll(() => base[Symbol.asyncDispose]());

  async function gradient(
    precision: Precision,
    largestWeightCode: number,
    activations: Activations,
    singleCopy = false,
    examples = goldenExamples(goldenTensors('smollm2/golden.safetensors')),
  ) {
    const adapter = await readPeftAdapter(goldenPath('smollm2/adapter'), base.config);
    const machine = { precision, largestWeightCode, activations, singleCopy };
    const { loss, parameters } = await gradientOf(base, adapter, examples, machine);
    return { loss, gradient: parameters.gradient };
  }

  test('a state that is kept in 16 bits gives nearly the gradient of one that is computed again', async () => {
    const tokens = base.tokenizer.encode(await readFile(new URL('../train.ts', import.meta.url), 'utf8'));
    const example = { tokens: tokens.slice(0, 512), supervised: new Uint8Array(512).fill(1) };
    const shape = { rows: 1, sequenceLength: 512 };
    expect(keptState(base.config, shape, 'int8').rounded).toEqual(['gate', 'up', 'weights']);
    const again = await gradient('int8', 127, 'recompute', false, [example]);
    const kept = await gradient('int8', 127, 'keep', false, [example]);
    // The forward pass is exact, the head takes other slices.
    expect(Math.abs(kept.loss / again.loss - 1)).toBeLessThan(1e-5);
    const error = relativeError(kept.gradient, again.gradient);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.1);
    process.stdout.write(`kept in 16 bits: relative error of the gradient ${error.toFixed(4)}\n`);
  });

  test.each([
    [127, 'recompute', false],
    [127, 'keep', false],
    [127, 'keep', true],
    // What processors without VNNI compute exactly.
    [64, 'keep', false],
  ] as const)(
    'largest weight %i, activations: %s, a single copy: %s',
    async (largestCode, activations, singleCopy) => {
      const int8 = await gradient('int8', largestCode, activations, singleCopy);
      const alike = cosine(float32.gradient, int8.gradient);
      process.stdout.write(
        `8-bit gradient, weights to ${largestCode}, ${activations}, a single copy: ${singleCopy}: cosine ${alike.toFixed(4)}, loss ${int8.loss.toFixed(4)} against ${float32.loss.toFixed(4)}\n`,
      );
      expect(alike).toBeGreaterThan(0.95);
      // So few rows: over 2,048 tokens it is 0.8 % high, with one copy 1.0 %, with weights of 7 bits 1.3 %. On these it
      // was measured as -0.18 %, with one copy 0.72 %, with weights of 7 bits 2.37 %.
      expect(Math.abs(int8.loss / float32.loss - 1)).toBeLessThan(largestCode === 127 ? 0.02 : 0.03);
    },
  );
});

test.runIf(exact)("what is left out of the head's gradient does not add up over the positions", async () => {
  await using base = await loadBaseModel(inject('baseModelFile'));
  const { config } = base;
  const frozen = await loadFrozenWeights(base);
  const tokens = base.tokenizer.encode(await readFile(new URL('../train.ts', import.meta.url), 'utf8'));
  const example = { tokens: tokens.slice(0, 256), supervised: new Uint8Array(256).fill(1) };
  const batch = makeBatch(packExamples([example], 256, null), 1, 256);
  const shape = { rows: 1, sequenceLength: 256 };
  await using scorer = await Scorer.create(config, frozen, shape, null, { threads: 2 });
  const [states] = await scorer.hiddenStates([batch], null);
  const positions = 2 * GRADIENT_ROWS.fast;
  const feeds = {
    x: hostTensor(states!.subarray(0, positions * config.hiddenSize), [positions, config.hiddenSize]),
    labels: hostTensor(BigInt64Array.from(batch.labels.subarray(0, positions), BigInt), [positions]),
    weights: hostTensor(new Float32Array(positions).fill(1), [positions, 1]),
    norm: frozen.outputNorm,
  };

  const gradient = async (precision: 'float32' | 'int8') => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [positions, config.hiddenSize]);
    const labels = graph.input('labels', 'int64', [positions]);
    const weights = graph.input('weights', 'float32', [positions, 1]);
    const inputs = headInputs(graph, config, precision);
    graph.output(slicedHead(graph, { x, labels, weights }, inputs, config, GRADIENT_ROWS.fast).dx, 'dx');
    await using session = await GraphSession.create(graph, { threads: 2 });
    const table =
      precision === 'int8'
        ? await quantizeTable(config, frozen, { largestCode: 127, sessions: { threads: 2 } })
        : { table: await frozen.readHead() };
    return float32Of((await session.run({ ...feeds, ...table })).dx);
  };
  const [whole, nearly] = [await gradient('float32'), await gradient('int8')];
  const sum = (rows: Float32Array) =>
    Float32Array.from({ length: config.hiddenSize }, (_, j) => {
      let total = 0;
      for (let at = j; at < rows.length; at += config.hiddenSize) total += rows[at]!;
      return total;
    });
  expect(relativeError(nearly, whole)).toBeLessThan(0.15);
  expect(relativeError(sum(nearly), sum(whole))).toBeLessThan(0.12);
});
