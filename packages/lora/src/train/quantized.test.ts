import { expect, inject, test } from 'vitest';
import { readPeftAdapter } from '../adapter/peft.js';
import { gradients } from '../autodiff/gradients.js';
import { Graph } from '../autodiff/graph.js';
import { fineQuantizedProduct, gemm, quantizedProduct } from '../autodiff/operators/index.js';
import { float32Of, GraphSession, hostTensor } from '../autodiff/session.js';
import { loadBaseModel } from '../transformer/base-model.js';
import { loadAllBlocks, loadFrozenWeights } from '../transformer/frozen-weights.js';
import { quantizeBothWays } from '../transformer/quantize-matrix.js';
import { makeBatch } from './batch.js';
import { BlockTrainer, type TrainingWeights } from './block-trainer.js';
import { goldenExamples, goldenPath, goldenTensors, relativeError } from './golden.fixture.js';
import { hasExactIntegerProducts } from './integer-products.js';
import { LoraParameters } from './lora-parameters.js';
import { countTargets, packExamples } from './packing.js';
import { quantizeWeights } from './quantized-weights.js';
import { seededRandom } from './random.js';

const exact = await hasExactIntegerProducts();

test('codes times scales give the matrix back to half a step, in both directions', () => {
  const random = seededRandom(3);
  const weight = Float32Array.from({ length: 12 * 20 }, () => random.next() - 0.5);
  const { forward, backward } = quantizeBothWays(weight, 12, 20, null, null);
  for (let o = 0; o < 12; o++) {
    for (let i = 0; i < 20; i++) {
      const value = weight[o * 20 + i]!;
      expect(Math.abs(forward.codes[i * 12 + o]! * forward.scale[o]! - value)).toBeLessThan(
        forward.scale[o]! * 0.51,
      );
      expect(Math.abs(backward.codes[o * 20 + i]! * backward.scale[i]! - value)).toBeLessThan(
        backward.scale[i]! * 0.51,
      );
    }
  }
});

test.runIf(exact)('a quantised product and its gradient are the exact ones but for rounding', async () => {
  const [tokens, out, inner] = [16, 96, 64];
  const random = seededRandom(5);
  const values = (length: number) => Float32Array.from({ length }, () => random.next() - 0.5);
  const weight = values(out * inner);
  const { forward, backward } = quantizeBothWays(weight, out, inner, null, null);

  const graph = new Graph();
  const x = graph.input('x', 'float32', [tokens, inner]);
  const dy = graph.input('dy', 'float32', [tokens, out]);
  const y = quantizedProduct(graph, x, {
    forward: graph.constant('int8', [inner, out], forward.codes),
    forwardScale: graph.constant('float32', [out], forward.scale),
    backward: graph.constant('int8', [out, inner], backward.codes),
    backwardScale: graph.constant('float32', [inner], backward.scale),
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

test.runIf(exact)('on the real base the 8-bit gradient points where the float32 one does', async () => {
  const base = await loadBaseModel(inject('baseModelFile'));
  const { config } = base;
  const examples = goldenExamples(goldenTensors('smollm2/golden.safetensors'));
  const adapter = await readPeftAdapter(goldenPath('smollm2/adapter'), config);
  const sequenceLength = examples[0]!.tokens.length;
  const rows = packExamples(examples, sequenceLength, null);
  const batch = makeBatch(rows, rows.length, sequenceLength);
  const shape = { rows: rows.length, sequenceLength };
  const frozen = await loadFrozenWeights(base);
  const targets = countTargets(rows);

  const run = async (weights: TrainingWeights, precision: 'float32' | 'int8') => {
    const parameters = new LoraParameters(config, adapter.config);
    parameters.load(adapter);
    const options = { threads: 2, precision, keep: true };
    await using trainer = await BlockTrainer.create(config, weights, shape, adapter.config, options);
    const loss = (await trainer.accumulateGradient(batch, parameters, 1 / targets, [[0]])) / targets;
    return { loss, gradient: parameters.gradient };
  };
  const float32 = await run({ frozen, blocks: await loadAllBlocks(base), head: {} }, 'float32');
  const int8 = await run(
    { frozen, ...(await quantizeWeights(config, frozen, batch, shape, { threads: 2 })) },
    'int8',
  );
  await base.close();

  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosine =
    dot(float32.gradient, int8.gradient) /
    Math.sqrt(dot(float32.gradient, float32.gradient) * dot(int8.gradient, int8.gradient));
  expect(cosine).toBeGreaterThan(0.95);
  expect(Math.abs(int8.loss / float32.loss - 1)).toBeLessThan(0.02);
  process.stdout.write(
    `8-bit gradient: cosine ${cosine.toFixed(4)}, loss ${int8.loss.toFixed(4)} against ${float32.loss.toFixed(4)}\n`,
  );
});

test.runIf(exact)(
  'rows of 16 bits keep the many small probabilities that rows of 8 bits round away',
  async () => {
    const [rows, vocabulary, out] = [8, 4096, 64];
    const random = seededRandom(7);
    const weight = Float32Array.from({ length: out * vocabulary }, () => random.next() - 0.5);
    const { forward } = quantizeBothWays(weight, out, vocabulary, null, null);
    // What the codes stand for: the product's own rounding is what is measured, not the table's.
    const table = Float32Array.from(forward.codes, (code, i) => code * forward.scale[i % out]!);
    const graph = new Graph();
    const x = graph.input('x', 'float32', [rows, vocabulary]);
    const codes = graph.constant('int8', [vocabulary, out], forward.codes);
    const scale = graph.constant('float32', [out], forward.scale);
    graph.output(fineQuantizedProduct(graph, x, codes, scale), 'fine');
    const matrix = { forward: codes, forwardScale: scale, backward: null, backwardScale: null };
    graph.output(quantizedProduct(graph, x, matrix), 'coarse');
    graph.output(gemm(graph, x, graph.constant('float32', [vocabulary, out], table)), 'reference');
    await using session = await GraphSession.create(graph, { threads: 1 });
    const outputs = await session.run({ x: hostTensor(heavyTailed(rows, vocabulary), [rows, vocabulary]) });
    const error = (name: string) => relativeError(float32Of(outputs[name]), float32Of(outputs.reference));
    // A step is 0.5 / 127 / 254; 4,096 rounded values of it beside one of 0.5 make 6e-4.
    expect(error('fine')).toBeLessThan(1e-3);
    expect(error('coarse')).toBeGreaterThan(20 * error('fine'));
  },
);

/** Rows of probabilities as a language model gives them: one large, and a long tail that holds half of the sum. */
function heavyTailed(rows: number, width: number): Float32Array {
  const random = seededRandom(8);
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) own[i] = random.next() / width;
    own[row * 17] = 0.5;
  }
  return values;
}
