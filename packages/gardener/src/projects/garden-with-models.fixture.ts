import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { writeJson } from '../garden/files/json-state.js';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { ensureModel } from '../models/store/ensure-model.js';
import { housePython } from '../training/data/house-python.fixture.js';

/**
 * A garden with the models (linked in from the test cache) and a project of `files` Python files. For tests.
 * @param base `tiny` trains and answers in seconds what the default base does in minutes
 */
export async function testGarden(
  files: number,
  settings: Record<string, unknown> = {},
  base: 'default' | 'tiny' = 'default',
): Promise<{ garden: Garden; project: ProjectRecord; remove: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'gardener-worker-'));
  const codebase = join(root, 'codebase');
  await mkdir(join(codebase, 'warehouse'), { recursive: true });
  for (let i = 0; i < files; i++) {
    await writeFile(join(codebase, 'warehouse', `module_${i}.py`), housePython(i));
  }
  const dataDir = join(root, 'data');
  await mkdir(dataDir);
  await writeJson(join(dataDir, 'settings.json'), {
    minTrainingTokens: 2_000,
    yieldToOthers: false,
    ...settings,
  });
  const garden = await openGarden({ dataDir });
  if (base === 'default') {
    await ensureModel(garden.paths, 'smollm2-135m-instruct', { fromFile: inject('baseModelFile') });
  }
  await ensureModel(garden.paths, 'all-minilm-l6-v2', { fromFile: inject('embeddingModelDirectory') });
  const baseModel = base === 'default' ? 'smollm2-135m-instruct' : inject('tinyBaseFile');
  const project = await garden.registry.add({ path: codebase, baseModel });
  return { garden, project, remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }) };
}
