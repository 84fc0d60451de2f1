import { describe, expect, it } from 'vitest';
import { suitedLearningRate, validationTokens } from './train-settings.js';

describe('suitedLearningRate', () => {
  it('is lower for a wide base', () => {
    const [smolLm2, qwenCoder] = [{ hiddenSize: 576 }, { hiddenSize: 896 }];
    expect(suitedLearningRate(smolLm2)).toBe(1.4e-3);
    expect(suitedLearningRate(qwenCoder)).toBe(3e-4);
  });
});

describe('validationTokens', () => {
  it('are as many as a fraction of the training can look at, and enough to tell states apart', () => {
    const fiveMinutes = { budgetMs: 300_000 };
    expect(validationTokens({ ...fiveMinutes, msPerToken: 1 })).toBe(9_000);
    expect(validationTokens({ ...fiveMinutes, msPerToken: 3 })).toBe(3_000);
    expect(validationTokens({ ...fiveMinutes, msPerToken: 11 })).toBe(1_000);
  });
});
