import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import { fingerprintOf } from '../../codebase/secrets/allowed-secrets.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { OpenIndexes } from './open-indexes.js';

const KEY = `${'AKIA'}QWERTYUIOPASDFGH`;

let root: string;
let code: string;
let garden: Garden;
let project: ProjectRecord;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-facts-'));
  code = join(root, 'shop');
  await mkdir(join(code, 'src'), { recursive: true });
  const readme = `# Shop\n\nSells brass handles and keeps its key ${KEY} in a safe place.\n`;
  await writeFile(join(code, 'README.md'), readme);
  await writeFile(
    join(code, 'src', 'prices.ts'),
    'export function netPrice(gross: number) {\n  return gross / 1.2;\n}\n',
  );
  garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
  project = await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function update(): Promise<void> {
  const index = new ProjectIndex(garden.paths, project.id);
  await index.update(chunkCodebase(code), wordEmbedder(), { root: code });
  index.close();
}

it('tells what the index and the README say, secrets masked, and anew once the index was brought up to date', async () => {
  await update();
  const indexes = new OpenIndexes(garden);
  try {
    const before = await indexes.overview(project);
    // The mask is of asterisks, and so goes with the emphasis.
    expect(before[0]).toBe('README: Sells brass handles and keeps its key in a safe place.');
    expect(before).toContain('Central files: src/prices.ts (netPrice)');
    expect(before.find((line) => line.startsWith('Files: 2'))).toBeDefined();

    await writeFile(join(code, 'src', 'orders.ts'), 'export const orders: string[] = [];\n');
    expect(await indexes.overview(project)).toEqual(before);
    await update();
    expect((await indexes.overview(project)).find((line) => line.startsWith('Files: 3'))).toBeDefined();
  } finally {
    await indexes.close();
  }
});

it('shows of the README what the setting says is no secret', async () => {
  await update();
  const allowing = await openGarden({
    dataDir: join(root, 'data'),
    settings: { logLevel: 'silent', allowedSecrets: fingerprintOf(KEY) },
  });
  const indexes = new OpenIndexes(allowing);
  try {
    expect((await indexes.overview(project))[0]).toBe(
      `README: Sells brass handles and keeps its key ${KEY} in a safe place.`,
    );
  } finally {
    await indexes.close();
  }
});

it('is nothing before the first index', async () => {
  const indexes = new OpenIndexes(garden);
  expect(await indexes.codeOf(project)).toBeNull();
  expect(await indexes.overview(project)).toEqual([]);
  await indexes.close();
});
