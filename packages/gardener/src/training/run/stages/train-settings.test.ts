import { describe, expect, it } from 'vitest';
import { suitedLearningRate } from './train-settings.js';

describe('suitedLearningRate', () => {
  it('is lower for a wide base', () => {
    const [smolLm2, qwenCoder] = [{ hiddenSize: 576 }, { hiddenSize: 896 }];
    expect(suitedLearningRate(smolLm2)).toBe(2e-3);
    expect(suitedLearningRate(qwenCoder)).toBe(3e-4);
  });
});
