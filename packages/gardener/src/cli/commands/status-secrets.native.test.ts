import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeSecrets } from '../../codebase/secrets/fake-secrets.fixture.js';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { openGarden } from '../../garden/garden.js';
import { entryCommand } from '../../garden/processes/spawn-entry.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { refreshIndex } from '../../retrieval/index/refresh-index.js';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-secrets-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function statusOfSecrets(...options: string[]): Promise<string> {
  const words = ['status', 'shop', '--secrets', ...options];
  const { command, args } = entryCommand(new URL('../main.js', import.meta.url), words);
  const env = { ...process.env, CODEBASE_GARDENER_DATA_DIR: dataDir, NO_COLOR: '1' };
  return (await promisify(execFile)(command, args, { env })).stdout;
}

it('shows beside each secret the fingerprint by which the setting allows it, and it alone', async () => {
  const { 'github-pat': token = '', 'npm-access-token': other = '' } = fakeSecrets();
  const codebase = makeTree({
    'src/a.ts': `export const a = '${token}';\nexport const b = '${other}';\n`,
    id_rsa: 'left out for its name\n',
  });
  const { paths, registry } = await openGarden({ dataDir });
  const project = await registry.add({ path: codebase, name: 'shop', baseModel: 'base' });
  const index = new ProjectIndex(paths, project.id);
  await refreshIndex(index, codebase, wordEmbedder());

  const printed = await statusOfSecrets();
  expect(printed).not.toContain(token);
  const places = JSON.parse(await statusOfSecrets('--json'));
  expect(places).toEqual([
    { path: 'id_rsa', line: null, rule: 'secret-file', fingerprint: null, outcome: 'left out' },
    { path: 'src/a.ts', line: 1, rule: 'github-pat', fingerprint: expect.any(String), outcome: 'masked' },
    {
      path: 'src/a.ts',
      line: 2,
      rule: 'npm-access-token',
      fingerprint: expect.any(String),
      outcome: 'masked',
    },
  ]);
  expect(printed).toMatch(new RegExp(`masked +${places[1].fingerprint} +src/a\\.ts:1 +github-pat`));

  await refreshIndex(index, codebase, wordEmbedder(), { allowedSecrets: places[1].fingerprint });
  index.close();
  expect(JSON.parse(await statusOfSecrets('--json'))).toEqual([places[0], places[2]]);
});
