import { expect, inject, test } from 'vitest';
import { Graph } from '../autodiff/graph.js';
import { float32Of, hostTensor } from '../autodiff/host-tensor.js';
import { gemm, rmsNorm } from '../autodiff/operators/index.js';
import { GraphSession } from '../autodiff/session.js';
import { loadBaseModel, loadHuggingFaceWeights } from '../transformer/base-model.js';
import { makeBatch } from './batches/batch.js';
import { packExamples } from './batches/packing.js';
import { goldenPath, relativeError } from './golden.fixture.js';
import { expectAgreement, type GoldenFixture, openFixture } from './golden-agreement.fixture.js';
import { LoraParameters } from './optimizer/lora-parameters.js';
import { Scorer } from './scoring/scorer.js';

/** Folders of fixtures/golden/architectures. */
const ARCHITECTURES = ['llama3', 'mistral', 'qwen2', 'qwen3', 'gemma3', 'granite', 'smollm3', 'phi3'];

const fixtures: [string, number, () => Promise<GoldenFixture>][] = [
  [
    'tiny llama, Hugging Face safetensors',
    1e-5,
    async () => openFixture('llama-tiny', await loadHuggingFaceWeights(goldenPath('llama-tiny/base'))),
  ],
  [
    'tiny llama, GGUF with permuted rows',
    1e-5,
    async () => openFixture('llama-tiny', await loadBaseModel(goldenPath('llama-tiny/base.gguf'))),
  ],
  ...ARCHITECTURES.flatMap((name): [string, number, () => Promise<GoldenFixture>][] => [
    [
      `tiny ${name}, Hugging Face safetensors`,
      2e-5,
      async () =>
        openFixture(
          `architectures/${name}`,
          await loadHuggingFaceWeights(goldenPath(`architectures/${name}/base`)),
        ),
    ],
    [
      `tiny ${name}, GGUF`,
      2e-5,
      async () =>
        openFixture(
          `architectures/${name}`,
          await loadBaseModel(goldenPath(`architectures/${name}/base.gguf`)),
        ),
    ],
  ]),
  [
    'SmolLM2-135M, GGUF Q4_1',
    1e-3,
    async () => openFixture('smollm2', await loadBaseModel(inject('baseModelFile'))),
  ],
];

test.each(fixtures)('%s: losses, gradients and ten steps agree with PEFT', (name, tolerance, open) =>
  expectAgreement(name, tolerance, open),
);

test.each(fixtures.filter(([name]) => name.startsWith('tiny')))(
  '%s: logits agree with PyTorch',
  async (_name, tolerance, open) => {
    const { frozen, adapter, examples, tensors, ...fixture } = await open();
    await using base = fixture.base;
    const sequenceLength = examples[0]!.tokens.length;
    const tokens = examples.length * sequenceLength;
    const parameters = new LoraParameters(base.config, adapter.config);
    parameters.load(adapter);
    const shape = { rows: examples.length, sequenceLength };
    await using scorer = await Scorer.create(base.config, frozen, shape, adapter.config, {});
    const batch = makeBatch(packExamples(examples, sequenceLength, null), examples.length, sequenceLength);
    const [hidden] = await scorer.hiddenStates([batch], parameters);

    const graph = new Graph();
    const { hiddenSize, vocabularySize, rmsNormEpsilon } = base.config;
    const x = graph.input('x', 'float32', [tokens, hiddenSize]);
    const norm = graph.input('norm', 'float32', [hiddenSize]);
    const table = graph.input('table', 'float32', [vocabularySize, hiddenSize]);
    graph.output(gemm(graph, rmsNorm(graph, x, norm, rmsNormEpsilon), table, { transB: true }), 'logits');
    await using session = await GraphSession.create(graph);
    const feeds = {
      x: hostTensor(hidden!, [tokens, hiddenSize]),
      norm: frozen.outputNorm,
      table: await frozen.readHead(),
    };
    const logits = float32Of((await session.run(feeds)).logits);
    expect(relativeError(logits, tensors.get('logits')!.data)).toBeLessThan(tolerance);
  },
);
