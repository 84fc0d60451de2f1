import type { SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import { codeWindows } from './code-windows.js';
import { GENERAL_CODE } from './general-code.js';
import { windowExample } from './split/held-out.js';

/** The general code as examples of at most `sequenceLength` tokens, grouped by snippet. */
export function generalCodeExamples(tokenizer: Tokenizer, sequenceLength: number): SupervisedExample[][] {
  return GENERAL_CODE.map((snippet) => {
    const file = { ...snippet, hash: '', modifiedMs: 0, hasSyntaxErrors: false, chunks: [] };
    return codeWindows({ file, excludedLines: [] }, tokenizer, sequenceLength).map(windowExample);
  });
}

/** The sample holds one of every so many snippets. */
const SAMPLED = 5;

/** A fifth of the general code: enough to see while training that it is being forgotten. */
export function generalCodeSample(tokenizer: Tokenizer, sequenceLength: number): SupervisedExample[] {
  return generalCodeExamples(tokenizer, sequenceLength)
    .filter((_, i) => i % SAMPLED === 0)
    .flat();
}
