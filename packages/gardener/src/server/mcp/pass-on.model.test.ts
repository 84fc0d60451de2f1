import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { type GardenWithProjects, makeGardenWithProjects } from '../../chat/garden-with-projects.fixture.js';
import { entryCommand } from '../../garden/processes/spawn-entry.js';
import { type GardenServer, startServer } from '../serve.js';

// The real `gardener mcp` beside a real server that comes and goes, asked by the official client.
let made: GardenWithProjects;
let server: GardenServer | null = null;
let stdio: StdioClientTransport;
const client = new Client({ name: 'test', version: '0' });
beforeAll(async () => {
  const models = {
    baseModelFile: inject('baseModelFile'),
    embeddingModelDirectory: inject('embeddingModelDirectory'),
  };
  made = await makeGardenWithProjects(models, 1);
  server = await start();
  const main = pathToFileURL(join(import.meta.dirname, '..', '..', 'cli', 'main.js'));
  const { command, args } = entryCommand(main, ['mcp', '--data-dir', made.garden.paths.root]);
  const env = { ...process.env, CODEBASE_GARDENER_THREADS: '1', NO_COLOR: '1' } as Record<string, string>;
  stdio = new StdioClientTransport({ command, args, env, stderr: 'ignore' });
  await client.connect(stdio as Transport);
});
afterAll(async () => {
  await client.close();
  await server?.close();
  await made?.remove();
});

/** It asks for the token, which only this user can read. */
const start = () => startServer(made.garden, { version: '0.0.0', port: 0, requireToken: true });

async function ask(maxTokens: number, told: (progress: number) => void = () => undefined) {
  const question = { question: 'Tell a long story.', project: 'p0', max_tokens: maxTokens };
  const result = await client.callTool({ name: 'ask_codebase', arguments: question }, undefined, {
    onprogress: ({ progress }) => told(progress),
  });
  return { isError: result.isError === true, ...(result.structuredContent as { answer: string }) };
}

/** How many processes hold a model in memory for `gardener mcp`; Linux. */
function modelsOfMcp(): number {
  return readdirSync('/proc').filter((name) => {
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return Number(parent) === stdio.pid && /(llama-cpp|encoder)-child/.test(command);
    } catch {
      return false;
    }
  }).length;
}

it('leaves the models to the server, and tells how far an answer is all the same', async () => {
  const told: number[] = [];
  const answer = await ask(4, (progress) => void told.push(progress));
  expect(answer).toMatchObject({ isError: false, answer: expect.stringMatching(/\S/) });
  // From the beginning, before the first word, and more each time.
  expect(told[0]).toBe(0);
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(server?.context.assistant.state().runtime.models).toHaveLength(1);
  expect(modelsOfMcp()).toBe(0);
});

it('writes an answer itself when the server goes away in the middle of it, and the next ones', async () => {
  let closing: Promise<void> | null = null;
  // The first only says that the question has come.
  const answer = await ask(200, (progress) => {
    if (progress > 0) closing ??= server?.close() ?? null;
  });
  expect(closing).not.toBeNull();
  await closing;
  server = null;
  expect(answer).toMatchObject({ isError: false, answer: expect.stringMatching(/\S/) });
  expect(modelsOfMcp()).toBeGreaterThan(0);
  const found = await client.callTool({ name: 'search_code', arguments: { query: 'slug', project: 'p0' } });
  expect(found.structuredContent).toMatchObject({ results: [{ path: 'slug.ts' }] });
});

it('frees its models when a server runs again, and stops an answer there when the client cancels', async () => {
  server = await start();
  expect(await ask(2)).toMatchObject({ isError: false });
  await vi.waitFor(() => expect(modelsOfMcp()).toBe(0), { timeout: 10_000 });
  const cancel = new AbortController();
  const slow = client.callTool(
    { name: 'ask_codebase', arguments: { question: 'Tell a long story.', project: 'p0', max_tokens: 2_000 } },
    undefined,
    { signal: cancel.signal, onprogress: ({ progress }) => progress > 0 && cancel.abort() },
  );
  await expect(slow).rejects.toThrow();
  await vi.waitFor(() => expect(server?.context.generations.used).toBe(0), { timeout: 5_000 });
  expect(await ask(2)).toMatchObject({ isError: false });
  expect(modelsOfMcp()).toBe(0);
});
