import type { SupervisedExample } from '@codebase-gardener/lora';

/** Tokens of all rows, those that are only given included. */
export function countTokens(examples: readonly Pick<SupervisedExample, 'tokens'>[]): number {
  return examples.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
