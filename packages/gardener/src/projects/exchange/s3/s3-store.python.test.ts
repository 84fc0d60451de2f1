import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openGarden } from '../../../garden/garden.js';
import { writeRandomAdapter } from '../../../models/llama-cpp/adapter.fixture.js';
import { importAdapter } from '../import-adapter.js';
import { pullAdapter } from '../pull-adapter.js';
import { pushAdapter } from '../push-adapter.js';
import { parseS3Address } from './s3-address.js';
import { S3Requests } from './s3-requests.js';
import { S3Store } from './s3-store.js';

/** An S3 server of PyPI: `pip install "moto[server,s3]"` into an environment, and here its moto_server. */
const motoServer = process.env.GARDENER_MOTO_SERVER;

describe.skipIf(!motoServer)('a real server of the S3 API', () => {
  let folder: string;
  let server: ChildProcess;
  let endpoint: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 's3-'));
    server = spawn(motoServer ?? '', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    endpoint = await addressOf(server);
    const made = await fetch(`${endpoint}/team-models`, { method: 'PUT' });
    expect(made.status).toBe(200);
  });
  afterAll(async () => {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  function storeAt(path: string): S3Store {
    const settings = { accessKeyId: 'test', secretAccessKey: 'test', region: 'us-east-1', endpoint };
    return new S3Store(new S3Requests(parseS3Address(path), settings));
  }

  async function gardenWithShop(name: string) {
    const garden = await openGarden({ dataDir: join(folder, name), settings: { logLevel: 'silent' } });
    await mkdir(join(folder, `${name}-code`, 'shop'), { recursive: true });
    const path = join(folder, `${name}-code`, 'shop');
    return { garden, project: await garden.registry.add({ path, baseModel: inject('baseModelFile') }) };
  }

  it('holds an adapter that one machine pushes and another pulls, byte for byte', async () => {
    const here = await gardenWithShop('here');
    await mkdir(join(folder, 'foreign'));
    await writeRandomAdapter(join(folder, 'foreign', 'adapter.gguf'), inject('baseModelFile'), 7);
    await importAdapter(here.garden, here.project, join(folder, 'foreign'));
    const store = storeAt('s3://team-models/adapters/of the team');
    const push = () => pushAdapter(here.garden, here.project, { to: store, name: 'shop', version: 1 });
    expect(await push()).toMatchObject({ isNew: true });
    expect(await push()).toMatchObject({ isNew: false });
    expect((await store.list('')).map(({ name, kind }) => [name, kind])).toEqual([['shop', 'folder']]);

    const there = await gardenWithShop('there');
    await expect(
      pullAdapter(there.garden, there.project, { from: store, name: 'blog' }),
    ).rejects.toMatchObject({ code: 'training.nothing-pushed', message: expect.stringContaining('shop') });
    const pulled = await pullAdapter(there.garden, there.project, { from: store, name: 'shop' });
    expect(pulled).toMatchObject({ version: 1, isNew: true });
    const weightsIn = ({ garden, project }: typeof here) =>
      readFile(join(garden.paths.adapter(project.id, 1), 'adapter.gguf'));
    expect((await weightsIn(there)).equals(await weightsIn(here))).toBe(true);
    // One byte of it changed by somebody: nothing is taken.
    const [id] = (await store.list('shop')).filter(({ kind }) => kind === 'folder');
    await store.write(`shop/${id?.name}/manifest.json`, once(Buffer.from('{}')));
    const third = await gardenWithShop('third');
    await expect(
      pullAdapter(third.garden, third.project, { from: store, name: 'shop' }),
    ).rejects.toMatchObject({ code: 'training.artefact-damaged' });
  });

  it('gets what is larger than a part in parts, and none of it where they do not all come', async () => {
    const store = storeAt('s3://team-models/large');
    const content = randomBytes(19 << 20);
    await store.write('a/weights', once(content));
    const back: Uint8Array[] = [];
    for await (const block of store.read('a/weights')) back.push(block);
    expect(Buffer.concat(back).equals(content)).toBe(true);
    expect(await store.list('a')).toEqual([{ name: 'weights', kind: 'file', bytes: 19 << 20 }]);

    const failing = async function* () {
      yield content.subarray(0, 17 << 20);
      throw new Error('the disk is gone');
    };
    await expect(store.write('a/other', failing())).rejects.toThrow('the disk is gone');
    expect((await store.list('a')).map(({ name }) => name)).toEqual(['weights']);
    const uploads = await (await fetch(`${endpoint}/team-models?uploads`)).text();
    expect(uploads).not.toContain('<UploadId>');
  });

  it('lists more than one page holds', async () => {
    const store = storeAt('s3://team-models/many');
    const put = (n: number) => fetch(`${endpoint}/team-models/many/f${n}`, { method: 'PUT', body: 'x' });
    for (let from = 0; from < 1_100; from += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => put(from + n)));
    }
    expect((await store.list('')).length).toBe(1_100);
  });

  it('says which bucket is not there', async () => {
    await expect(storeAt('s3://nobodys-bucket/x').list('')).rejects.toMatchObject({
      code: 'training.store-no-bucket',
    });
  });
});

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** Where the server listens, which it says when it does. */
async function addressOf({ stderr }: ChildProcess): Promise<string> {
  let said = '';
  for await (const block of stderr ?? []) {
    said += block;
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (address) {
      stderr?.resume();
      return address;
    }
  }
  throw new Error(`the server ended: ${said}`);
}
