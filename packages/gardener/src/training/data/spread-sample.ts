import type { SupervisedExample } from '@codebase-gardener/lora';
import { countTokens } from './count-tokens.js';

/** Examples of all parts of a list, of at most `maxTokens` together. */
export function spreadSample(examples: readonly SupervisedExample[], maxTokens: number): SupervisedExample[] {
  const every = Math.max(1, countTokens(examples) / maxTokens);
  const count = Math.floor(examples.length / every);
  const sample: SupervisedExample[] = [];
  let tokens = 0;
  for (let i = 0; i < count; i++) {
    const example = examples[Math.floor(i * every)];
    if (example === undefined || tokens + example.tokens.length > maxTokens) continue;
    tokens += example.tokens.length;
    sample.push(example);
  }
  return sample;
}
