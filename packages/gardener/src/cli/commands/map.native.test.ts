import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { openGarden } from '../../garden/garden.js';
import { entryCommand } from '../../garden/processes/spawn-entry.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';

let dataDir: string;

async function gardener(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { command, args } = entryCommand(new URL('../main.js', import.meta.url), words);
  const env = { ...process.env, CODEBASE_GARDENER_DATA_DIR: dataDir, NO_COLOR: '1' };
  return promisify(execFile)(command, args, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-map-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('gardener map', () => {
  it('prints the outline of an indexed project, and says what to do before there is one', async () => {
    const codebase = makeTree({
      'go/queue.go':
        'package queue\n\n// Job is one.\ntype Job struct{}\n\nfunc (j *Job) Run() { retry(j) }\n\nfunc retry(j *Job) {}\n',
      'ui/page.ts': "import { load } from './load.js';\nexport function page() { return load(1); }\n",
      'ui/load.ts': 'export function load(n: number): number { return n; }\n',
      'README.md': '# Words\n\nSome words about it.\n',
    });
    const { paths, registry } = await openGarden({ dataDir });
    const project = await registry.add({ path: codebase, name: 'shop', baseModel: 'base' });
    const before = await gardener('map', 'shop');
    expect([before.code, before.stderr]).toEqual([
      1,
      'error: shop has no map yet.\ntry: Make it with gardener refresh shop; while it is still being indexed, wait a moment.\n',
    ]);

    const index = new ProjectIndex(paths, project.id);
    await index.update(chunkCodebase(codebase), wordEmbedder(), { root: codebase });
    index.close();

    const map = await gardener('map', 'shop');
    expect(map.code).toBe(0);
    expect(map.stdout).toContain('ui/load.ts\n     1  export function load(n: number): number\n');
    expect(map.stdout).toContain('go/queue.go\n     4  type Job struct\n');
    expect(map.stdout).not.toContain('README');
    expect(map.stderr).toMatch(/^5 of 5 symbols in 3 of 3 files, about \d+ tokens\.\n$/);

    const json = JSON.parse((await gardener('map', 'shop', '--tokens', '50', '--json')).stdout);
    expect(json).toMatchObject({ project: { name: 'shop' }, budget: 50, symbolCount: 5, fileCount: 3 });
    expect(json.tokens).toBeLessThanOrEqual(50);
    expect((await gardener('map', 'shop', '--tokens', 'many')).stderr).toContain('--tokens cannot be "many"');
  });
});
