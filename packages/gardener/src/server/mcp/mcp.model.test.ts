import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GardenWithProjects } from '../../chat/garden-with-projects.fixture.js';
import { entryCommand } from '../../garden/processes/spawn-entry.js';
import { type RunningServer, startTestServer } from '../running-server.fixture.js';
import type { GardenServer } from '../serve.js';

let running: RunningServer;
let garden: GardenWithProjects;
let server: GardenServer;
beforeAll(async () => {
  running = await startTestServer();
  ({ garden, server } = running);
});
afterAll(() => running?.stop());

/** The official client, over HTTP or over stdin and stdout of the real command, which passes calls on to the server. */
const transports: [string, () => Transport][] = [
  // The SDK's own types do not fit each other with exactOptionalPropertyTypes.
  ['HTTP', () => new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)) as Transport],
  ['stdio', stdioTransport],
];

function stdioTransport(): Transport {
  const main = pathToFileURL(join(import.meta.dirname, '..', '..', 'cli', 'main.js'));
  const { command, args } = entryCommand(main, ['mcp', '--data-dir', garden.garden.paths.root]);
  const env = { ...process.env, CODEBASE_GARDENER_THREADS: '1', NO_COLOR: '1' } as Record<string, string>;
  return new StdioClientTransport({
    command,
    args,
    env,
    cwd: import.meta.dirname,
    stderr: 'ignore',
  });
}

describe.each(transports)('the official MCP client over %s', (_name, transport) => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ name: 'test', version: '0' });
    const failed = new Promise<never>((_resolve, reject) => {
      client.onerror = reject;
    });
    // A line on stdout that is no protocol would be an error here.
    await Promise.race([client.connect(transport()), failed]);
  });
  afterAll(() => client.close());

  async function call(name: string, parameters: Record<string, unknown> = {}) {
    const result = await client.callTool({ name, arguments: parameters });
    const [content] = result.content as { type: string; text: string }[];
    return {
      text: content!.text,
      isError: result.isError === true,
      data: result.structuredContent as Record<string, unknown>,
    };
  }

  it('has the tools, each with a description and its parameters', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      ...[
        'ask_codebase',
        'complete_code',
        'list_projects',
        'project_map',
        'read_code',
        'read_symbol',
        'related_code',
      ],
      ...['search_code', 'search_text', 'training_status'],
    ]);
    expect(tools.every(({ description }) => (description ?? '').length > 20)).toBe(true);
    expect(client.getServerVersion()).toMatchObject({ name: 'codebase-gardener' });
  });

  it('completes code, and tells meanwhile that it goes on', async () => {
    const told: number[] = [];
    const result = await client.callTool(
      {
        name: 'complete_code',
        arguments: {
          before: 'export function twice(n: number) {\n  return ',
          path: 'n.ts',
          project: 'p1',
          max_tokens: 8,
        },
      },
      undefined,
      // The first answer waits for the model to load.
      { onprogress: ({ progress }) => void told.push(progress), resetTimeoutOnProgress: true },
    );
    expect(result.structuredContent).toMatchObject({ completion: expect.stringMatching(/n/), adapter: 1 });
    expect(told[0]).toBe(0);
  });

  it('finds, reads and outlines code', async () => {
    const found = await call('search_code', { query: 'make a slug of a title', project: 'p1' });
    expect(found.text).toMatch(
      /^slug\.ts:1-3 {2}slugify1 \(function\)\n```typescript\nexport function slugify1/,
    );
    expect(found.data).toMatchObject({
      results: [
        { path: 'slug.ts', symbol: 'slugify1', code: expect.stringContaining('toLowerCase()'), isCut: false },
      ],
      files: [{ path: 'slug.ts', places: 1 }],
      index: { isStale: false },
    });
    expect(await call('search_text', { pattern: 'toLower\\w+', regex: true, project: 'p1' })).toMatchObject({
      data: { lines: [{ path: 'slug.ts', symbol: 'slugify1' }], isCut: false, more: null },
    });
    expect((await call('related_code', { path: 'slug.ts', line: 1, project: 'p1' })).data).toMatchObject({
      at: { path: 'slug.ts', symbol: 'slugify1' },
    });
    expect((await call('read_code', { path: 'slug.ts', from: 1, to: 1, project: 'p1' })).data).toMatchObject({
      code: expect.stringContaining('export function slugify1'),
      isCut: true,
      rest: { tool: 'read_code', from: 2 },
    });
    expect((await call('read_symbol', { symbol: 'slugify1', project: 'p1' })).text).toContain(
      'toLowerCase()',
    );
    expect((await call('project_map', { project: 'p1' })).text).toContain('slugify1');
  });

  it('lists projects and tells how training is', async () => {
    expect((await call('list_projects')).text).toMatch(/p0 .*adapter 1 answers\n.*p1 /);
    expect((await call('training_status', { project: 'p0' })).data).toMatchObject({
      adapter: { version: 1, promoted: true },
    });
  });

  it('answers a question with its sources', async () => {
    const { text, data } = await call('ask_codebase', {
      question: 'What does slugify0 do?',
      project: 'p0',
      max_tokens: 4,
    });
    expect(text).toMatch(/\S.*\n\nSources:\n {2}slug\.ts:1-3\n/s);
    expect(data).toMatchObject({ sources: [{ path: 'slug.ts' }] });
  });

  it('tells what is wrong to the model, with what to do instead', async () => {
    expect(await call('search_code', { query: 'x', project: 'nothing' })).toMatchObject({
      ...{ isError: true, text: expect.stringMatching(/There is no project "nothing"/) },
    });
    expect(await call('read_symbol', { symbol: 'nothing', project: 'p0' })).toMatchObject({
      ...{ isError: true, text: expect.stringMatching(/search_code/) },
    });
    expect(await call('list_projects')).toMatchObject({ isError: false });
    expect(await call('training_status')).toMatchObject({
      isError: true,
      text: expect.stringMatching(/p0, p1/),
    });
  });

  it('has every project as a resource', async () => {
    const { resources } = await client.listResources();
    expect(resources.map(({ name }) => name)).toEqual(['p0: status', 'p1: status', 'p0: map', 'p1: map']);
    const { contents } = await client.readResource({ uri: resources[0]!.uri });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ project: { name: 'p0' } });
  });
});
