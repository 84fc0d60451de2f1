import { inject, test } from 'vitest';
import { loadBaseModel } from '../transformer/base-model.js';
import { expectAgreement, openFixture } from './golden-agreement.fixture.js';

test('Qwen2.5-Coder-0.5B: losses, gradients and ten steps agree with PEFT on the dequantised GGUF', () =>
  expectAgreement('Qwen2.5-Coder-0.5B', 1e-3, async () =>
    openFixture('qwen2', await loadBaseModel(inject('largeModelFile'))),
  ));
