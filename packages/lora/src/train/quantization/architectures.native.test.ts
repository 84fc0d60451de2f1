import { expect, test } from 'vitest';
import { readPeftAdapter } from '../../adapter/peft.js';
import { loadBaseModel } from '../../transformer/base-model.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import type { Activations } from '../../transformer/decoder/model-graph.js';
import { goldenExamples, goldenPath, goldenTensors } from '../golden.fixture.js';
import { cosine, gradientOf } from './adapter-gradient.fixture.js';
import { largestExactWeight } from './integer-products.js';

/** What this CPU multiplies exactly; where that is nothing, nobody trains in 8 bits. */
const largestWeightCode = (await largestExactWeight()) ?? 0;

const ARCHITECTURES = ['llama3', 'mistral', 'qwen2', 'qwen3', 'gemma3', 'granite', 'smollm3', 'phi3'];

/**
 * Measured where weights have 7 bits. phi3's random base is rounded more roughly than the others (0.952 as a whole,
 * 0.927 for one matrix); the same weights with separate queries, keys, values, gate and up give the same gradient.
 */
const LEAST_COSINE: Readonly<Record<string, number>> = { phi3: 0.94 };
const LEAST_OF_A_MATRIX = 0.9;

/** The loss and the gradient of the golden adapter on the golden rows, for all of its numbers and for each matrix. */
async function goldenGradient(
  architecture: string,
  precision: Precision,
  activations: Activations,
  singleCopy = false,
) {
  const folder = `architectures/${architecture}`;
  await using base = await loadBaseModel(goldenPath(`${folder}/base.gguf`));
  const adapter = await readPeftAdapter(goldenPath(`${folder}/adapter`), base.config);
  const examples = goldenExamples(goldenTensors(`${folder}/golden.safetensors`));
  const machine = { precision, largestWeightCode, activations, singleCopy };
  const { loss, parameters } = await gradientOf(base, adapter, examples, machine);
  const matrices = new Map<string, Float32Array>();
  for (const [block, modules] of parameters.toAdapter(parameters.gradient).blocks.entries()) {
    for (const [module, { a, b }] of Object.entries(modules)) {
      matrices.set(`${block}.${module}.A`, a);
      matrices.set(`${block}.${module}.B`, b);
    }
  }
  return { loss, gradient: parameters.gradient, matrices };
}

const cases = largestWeightCode > 0 ? ARCHITECTURES : [];

test.each(cases)('%s: the 8-bit gradient points where the float32 one does', async (architecture) => {
  const float32 = await goldenGradient(architecture, 'float32', 'keep');
  for (const [activations, singleCopy] of [
    ['keep', false],
    ['recompute', false],
    ['keep', true],
  ] as const) {
    const int8 = await goldenGradient(architecture, 'int8', activations, singleCopy);
    expect(cosine(float32.gradient, int8.gradient)).toBeGreaterThan(LEAST_COSINE[architecture] ?? 0.95);
    for (const [name, gradient] of float32.matrices)
      expect(cosine(gradient, int8.matrices.get(name)!), name).toBeGreaterThan(LEAST_OF_A_MATRIX);
    expect(Math.abs(int8.loss / float32.loss - 1)).toBeLessThan(0.02);
  }
});
