import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { type Garden, openGarden } from '../../garden/garden.js';
import { startHubServer } from '../../models/store/hub-server.fixture.js';
import { OpenModels } from './open-models.js';

let folder: string;
let garden: Garden;
let models: OpenModels;
let base: Buffer;
/** The same with other weights. */
let other: Buffer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-open-models-'));
  garden = await openGarden({ dataDir: join(folder, 'data') });
  models = new OpenModels(garden);
  base = await readFile(inject('tinyBaseFile'));
  other = Buffer.from(base);
  other.copy(other, other.length - 64, other.length - 128, other.length - 64);
  expect(other.equals(base)).toBe(false);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await models.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function put(file: string, contents: Buffer): Promise<void> {
  await writeFile(`${file}.new`, contents);
  await rename(`${file}.new`, file);
}

it('starts a base anew, and identifies it anew, whose file was replaced by another of the same shape', async () => {
  const file = join(folder, 'base.gguf');
  await put(file, base);
  const old = await models.use(file);
  const oldIdentity = await models.identity(file);
  expect(await models.identity(file)).toBe(oldIdentity);
  await put(file, other);
  const now = await models.use(file);
  const identity = await models.identity(file);
  expect(now.value).not.toBe(old.value);
  expect(identity?.weightsHash).not.toBe(oldIdentity?.weightsHash);
  expect(identity?.templateHash).toBe(oldIdentity?.templateHash);
  old.release();
  await vi.waitFor(() => expect(models.opened).toEqual([now.value]));
  now.release();
  const again = await models.use(file);
  expect(again.value).toBe(now.value);
  again.release();
});

it('starts a base from its new place once another program has moved it', async () => {
  const store = join(folder, 'ollama');
  vi.stubEnv('OLLAMA_MODELS', store);
  const manifests = join(store, 'manifests', 'registry.ollama.ai', 'library', 'tiny');
  await mkdir(manifests, { recursive: true });
  await mkdir(join(store, 'blobs'));
  const pull = async (digit: string, contents: Buffer) => {
    const digest = digit.repeat(64);
    await put(join(store, 'blobs', `sha256-${digest}`), contents);
    const layers = [{ mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` }];
    await writeFile(join(manifests, 'latest'), JSON.stringify({ layers }));
  };
  await pull('a', base);
  const old = await models.use('ollama:tiny');
  old.release();
  await pull('b', other);
  await rm(join(store, 'blobs', `sha256-${'a'.repeat(64)}`));
  const pid = old.value.runtime.state().processId;
  expect(pid).not.toBeNull();
  process.kill(pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(old.value.runtime.state().processId).toBeNull());
  const { value, release } = await models.use('ollama:tiny');
  expect(await value.runtime.countTokens('colour')).toBeGreaterThan(0);
  release();
  expect(models.opened).toEqual([value]);
});

it('starts a base once that is fetched when it is first asked for', async () => {
  const hub = await startHubServer({ path: 'owner/tiny/resolve/main/base.gguf', contents: base });
  vi.stubEnv('CODEBASE_GARDENER_MODEL_HUB', hub.address);
  const id = 'hf:owner/tiny/base.gguf';
  try {
    expect(await models.identity(id)).toBeNull();
    const first = await models.use(id);
    expect((await models.identity(id))?.name).toBe(id);
    const second = await models.use(id);
    expect(second.value).toBe(first.value);
    first.release();
    second.release();
  } finally {
    await hub.close();
  }
});
