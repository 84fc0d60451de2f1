import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { ensureModel } from './ensure-model.js';
import { type HubServer, startHubServer } from './hub-server.fixture.js';
import { modelOnDisk } from './model-store.js';

const hubLimits = { retries: 0, firstWaitMs: 10, idleTimeoutMs: 5_000 };
const contents = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(300_000, 7)]);

let root: string;
let paths: GardenPaths;
let server: HubServer | null = null;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-models-'));
  paths = new GardenPaths(root);
});
afterEach(async () => {
  await server?.close();
  server = null;
  await rm(root, { recursive: true, force: true });
});

it.each(['while what came is checked', 'while the licence is asked for'])(
  'fetches no byte twice after it was stopped %s',
  async (when) => {
    const id = 'hf:owner/model/model.gguf';
    const stop = new AbortController();
    const asked: string[] = [];
    const onRequest = (path: string) => {
      asked.push(path);
      if (path.startsWith('/api/models/')) stop.abort();
    };
    server = await startHubServer({ path: 'owner/model/resolve/main/model.gguf', contents, onRequest });
    const options = { hub: server.address, hubLimits };
    const stopped = ensureModel(paths, id, {
      ...options,
      signal: stop.signal,
      onProgress: ({ stage }) => stage === 'checking' && when.includes('checked') && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'models.cancelled' });
    expect(await modelOnDisk(paths, id)).toBeNull();
    const model = await ensureModel(paths, id, options);
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
    expect(asked.filter((path) => path.startsWith('/storage/'))).toHaveLength(1);
    expect((await readdir(model.directory)).toSorted()).toEqual(['manifest.json', 'model.gguf']);
    expect(await readdir(paths.baseModels)).toHaveLength(1);
  },
);

it('deletes of a split model the part that is wrong, and keeps the others', async () => {
  const part = (number: number) => `big-0000${number}-of-00003.gguf`;
  const at = (number: number) => `owner/big/resolve/main/${part(number)}`;
  const others = { [at(2)]: Buffer.from('no model'), [at(3)]: contents };
  server = await startHubServer({ path: at(1), contents, others });
  const asked = ensureModel(paths, `hf:owner/big/${part(1)}`, { hub: server.address, hubLimits });
  await expect(asked).rejects.toMatchObject({ code: 'models.not-a-gguf' });
  const [partial = ''] = await readdir(paths.baseModels);
  expect((await readdir(join(paths.baseModels, partial))).toSorted()).toEqual(
    [1, 3].flatMap((number) => [`${part(number)}.part`, `${part(number)}.part.json`]),
  );
});
