import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { canMakeDisks, gardenerBinary, TestGarden } from './run-gardener.js';

const garden = new TestGarden();
const running: ChildProcess[] = [];
beforeAll(() => garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory')));
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  garden.remove();
});

interface Serving {
  child: ChildProcess;
  url: string;
  stderr(): string;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Starts `gardener serve` or `ui` and waits for its address. */
async function serve(words: readonly string[] = ['serve', '--port', '0']): Promise<Serving> {
  const child = spawn(process.execPath, [gardenerBinary, ...words, '--json'], {
    env: { ...process.env, CODEBASE_GARDENER_DATA_DIR: garden.dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal!)),
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const found = /"url": "([^"]+)"/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((how) => reject(new Error(`ended with ${how}: ${stderr}`)));
  });
  return { child, url, stderr: () => stderr, ended };
}

describe('gardener serve', () => {
  it('serves until Ctrl-C, is used by gardener ui, refuses a second server, and starts again after a kill', async () => {
    const first = await serve();
    expect(await (await fetch(`${first.url}/health`)).json()).toMatchObject({ status: expect.any(String) });
    const ui = await garden.json<{ url: string }>(['ui', '--no-open']);
    expect(ui.url).toBe(`${first.url}/`);
    const second = await garden.run(['serve', '--port', '0']);
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .*already.*\ntry: .*http:/s),
    });
    first.child.kill('SIGKILL');
    await first.ended;
    const third = await serve();
    third.child.kill('SIGINT');
    expect(await third.ended).toBe(0);
    expect(third.stderr()).toContain('Ctrl-C once more');
  });

  it('ends at once at a second Ctrl-C, and leaves nothing in the way of the next', async () => {
    const server = await serve();
    // A request that does not come to its end: closing waits for it.
    const { hostname, port } = new URL(server.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    client.write(
      `POST /api/projects HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    await once(client, 'ready');
    server.child.kill('SIGINT');
    await expect.poll(server.stderr).toContain('Ctrl-C once more');
    server.child.kill('SIGINT');
    expect(await server.ended).toBe(130);
    client.destroy();
    const next = await serve();
    next.child.kill('SIGINT');
    expect(await next.ended).toBe(0);
  });

  it('shows the first page from a cold start', async () => {
    const ui = await serve(['ui', '--no-open', '--port', '0']);
    const page = await fetch(ui.url);
    expect(await page.text()).toContain('<div id="root">');
    ui.child.kill('SIGTERM');
    expect(await ui.ended).toBe(0);
  });

  it('goes on when the work goes on: training is not ended with the server', async () => {
    const code = join(garden.directory, 'shop');
    mkdirSync(code);
    writeFileSync(
      join(code, 'slug.ts'),
      'export function slugify(title: string) {\n  return title.toLowerCase();\n}\n',
    );
    const server = await serve();
    const added = await fetch(`${server.url}/api/projects`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: code, train: false }),
    });
    expect(added.status).toBe(201);
    server.child.kill('SIGINT');
    expect(await server.ended).toBe(0);
    expect(server.stderr()).toMatch(/work on shop goes on/);
    await expect
      .poll(async () => (await garden.json<{ index: { state: string } }>(['status', 'shop'])).index.state, {
        timeout: 60_000,
        interval: 500,
      })
      .toBe('ready');
  });
});

describe.runIf(canMakeDisks())('gardener serve on a disk that is full', () => {
  it('answers what it can, refuses what needs room with a sentence, and goes on when there is room again', () => {
    const full = new TestGarden();
    const client = join(full.directory, 'client.mjs');
    writeFileSync(client, FULL_DISK_CLIENT);
    mkdirSync(full.dataDir, { recursive: true });
    const script = [
      `mount -t tmpfs -o size=16m none '${full.dataDir}' || exit 99`,
      `'${process.execPath}' '${client}' '${process.execPath}' '${gardenerBinary}' '${full.dataDir}'`,
    ];
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--map-root-user', '--mount', 'bash', '-c', script.join('\n')],
      {
        env: { ...process.env, CODEBASE_GARDENER_DATA_DIR: full.dataDir },
        encoding: 'utf8',
      },
    );
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      read: 200,
      write: 507,
      code: 'garden.disk-full',
      health: 200,
      again: 200,
      exit: 0,
    });
    rmSync(full.directory, { recursive: true, force: true });
  });
});

// Inside the mount namespace: starts the server, fills the disk, asks, makes room, asks again.
const FULL_DISK_CLIENT = `
import { spawn } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
const [node, gardener, dataDir] = process.argv.slice(2);
const server = spawn(node, [gardener, 'serve', '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve) => {
  let text = '';
  server.stdout.on('data', (data) => {
    text += data;
    const found = /"url": "([^"]+)"/.exec(text)?.[1];
    if (found) resolve(found);
  });
});
const filler = dataDir + '/filler';
writeFileSync(filler, '');
try {
  for (;;) appendFileSync(filler, Buffer.alloc(4096));
} catch {}
const put = () =>
  fetch(url + '/api/settings', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"rank": 8}' });
const read = (await fetch(url + '/api/projects')).status;
const refused = await put();
const { error } = await refused.json();
const health = (await fetch(url + '/health')).status;
rmSync(filler);
const again = (await put()).status;
const ended = new Promise((resolve) => server.once('exit', resolve));
server.kill('SIGTERM');
process.stdout.write(JSON.stringify({ read, write: refused.status, code: error?.code, health, again, exit: await ended }));
`;
