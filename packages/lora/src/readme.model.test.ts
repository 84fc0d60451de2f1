import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, inject, test } from 'vitest';
import { readGgufAdapter } from './adapter/gguf.js';
import { readPeftAdapter } from './adapter/peft.js';
import { loadBaseModel } from './transformer/base-model.js';

// By its full address: a bare `tsx` would be looked up from the example's working directory.
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const packageDirectory = dirname(dirname(fileURLToPath(import.meta.url)));

/** The TypeScript examples of the package's README, in order. */
async function readmeExamples(): Promise<string[]> {
  const text = await readFile(join(packageDirectory, 'README.md'), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

test('the examples of the README run as they stand there, one after the other', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gardener-readme-'));
  // Inside the package, where its own name can be imported.
  const scripts = join(packageDirectory, `.readme-${process.pid}`);
  await mkdir(scripts);
  try {
    const model = inject('baseModelFile');
    await symlink(model, join(directory, 'SmolLM2-135M-Instruct.Q4_1.gguf'));
    const source = await readFile(join(packageDirectory, 'src/train/train.ts'), 'utf8');
    await writeFile(join(directory, 'book.txt'), source.repeat(2).slice(0, 9_500));
    for (const [i, example] of (await readmeExamples()).entries()) {
      const script = join(scripts, `${i}.ts`);
      await writeFile(script, example);
      const args = ['--conditions=source', '--import', loader, script];
      const ran = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
      expect({ example: i, status: ran.status, errors: ran.status === 0 ? '' : ran.stderr }).toEqual({
        example: i,
        status: 0,
        errors: '',
      });
    }
    await using base = await loadBaseModel(model);
    const peft = await readPeftAdapter(join(directory, 'adapter'), base.config);
    const gguf = await readGgufAdapter(join(directory, 'adapter/adapter.gguf'), base.config);
    expect(gguf.blocks).toEqual(peft.blocks);
    expect(peft.blocks[0]!.q_proj!.b.some((value) => value !== 0)).toBe(true);
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(scripts, { recursive: true, force: true });
  }
}, 600_000);
