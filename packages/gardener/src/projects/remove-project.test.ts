import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openGarden } from '../garden/garden.js';
import { sendJson, startFixtureServer } from '../models/servers/model-server.fixture.js';
import { removeProject } from './remove-project.js';

// There is no Ollama here: a local server replays its documented API.
it('deletes what Ollama made of the adapters, no other model, and says when Ollama could not be asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gardener-remove-'));
  const ollama = await startFixtureServer();
  try {
    const garden = await openGarden({
      dataDir: join(folder, 'data'),
      settings: { runtimeProvider: 'ollama', runtimeUrl: ollama.url, logLevel: 'silent' },
    });
    const add = async (name: string) => {
      await mkdir(join(folder, name));
      return garden.registry.add({ path: join(folder, name), baseModel: 'smollm2-135m-instruct' });
    };
    const [one, two] = [await add('one'), await add('two')];
    let models = [
      `gardener-${one.id}-v1:aa`,
      `gardener-${one.id}-v2:bb`,
      `gardener-${two.id}-v1:cc`,
      'llama3:8b',
    ];
    ollama.handle = ({ method, path, body }, response) => {
      if (path === '/api/tags') return sendJson(response, { models: models.map((name) => ({ name })) });
      if (method !== 'DELETE') return response.writeHead(404).end();
      models = models.filter((name) => name !== JSON.parse(body).model);
      return response.writeHead(200).end();
    };
    const order: string[] = [];
    expect(await removeProject(garden, one.id, async () => order.push('closed'))).toBeNull();
    expect(order).toEqual(['closed']);
    expect(models).toEqual([`gardener-${two.id}-v1:cc`, 'llama3:8b']);
    await ollama.close();
    expect(await removeProject(garden, two.id)).toMatch(
      new RegExp(`does not answer .* Delete those named gardener-${two.id}-v… with ollama rm\\.$`),
    );
    expect(await readdir(garden.paths.projects)).toEqual([]);
  } finally {
    await ollama.close();
    await rm(folder, { recursive: true, force: true });
  }
});
