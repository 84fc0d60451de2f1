import type {} from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the official GGUF of Qwen2.5-Coder-0.5B-Instruct, Q4_K_M. */
    largeModelFile: string;
  }
}

/** The tests of a real code model are for who has its file: CODEBASE_GARDENER_TEST_QWEN names it. */
export default function setup(project: TestProject): void {
  const file = process.env.CODEBASE_GARDENER_TEST_QWEN;
  if (file === undefined)
    throw new Error('CODEBASE_GARDENER_TEST_QWEN must name the GGUF of Qwen2.5-Coder-0.5B');
  project.provide('largeModelFile', file);
}
