import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { readEvents } from '../../packages/gardener/src/server/event-reader.fixture.js';

/** How often a kind of request was made, how long it took, and what went wrong. */
export interface Load {
  kind: string;
  millis: number[];
  errors: string[];
}

/** A request that takes longer than this has failed. */
const PATIENCE_MS = 180_000;

/** Asks a server everything at once, from several clients, until the time is over. */
export async function mixedLoad(url: string, projects: readonly string[], untilMs: number): Promise<Load[]> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;
  const get = async (path: string) =>
    drain(await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) }));
  const mcp = await mcpClient(url);
  let turn = 0;
  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${url}${path}`, {
      ...{ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
      signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])]),
    });
  const chat = {
    messages: [{ role: 'user', content: 'What does slugify do?' }],
    max_tokens: 16,
    stream: true,
  };

  const kinds: Record<string, () => Promise<void>> = {
    projects: () => get('/api/projects'),
    files: () => get(`/api/projects/${pick(projects)}/files`),
    source: () => get(`/api/projects/${pick(projects)}/source?path=slug.ts`),
    health: () => get('/health'),
    search: async () => drain(await post(`/api/projects/${pick(projects)}/search`, { query: 'make a slug' })),
    switch: async () => drain(await post(`/api/projects/${pick(projects)}/switch`, {})),
    // Adapter 1 and the base in turn: a promotion in the middle of what the others ask.
    promote: async () => {
      const version = turn++ % 2 === 0 ? null : 1;
      await drain(await post(`/api/projects/${projects[0]}/promote`, { version }));
      await delay(2_000);
    },
    complete: async () =>
      drain(
        await post('/v1/completions', {
          ...{ model: pick(projects), prompt: 'function slugify(', max_tokens: 16, stream: true },
        }),
      ),
    embed: async () =>
      drain(await post('/v1/embeddings', { model: 'all-minilm-l6-v2', input: ['a slug', 'a title'] })),
    mcp: async () => {
      const parameters = { query: 'make a slug', project: pick(projects) };
      const { isError, content } = await mcp.callTool({ name: 'search_code', arguments: parameters });
      if (isError) throw new Error(JSON.stringify(content));
    },
    mcpAsk: async () => {
      const parameters = { question: 'What is here?', project: pick(projects), max_tokens: 16 };
      const { isError, content } = await mcp.callTool({ name: 'ask_codebase', arguments: parameters });
      if (isError) throw new Error(JSON.stringify(content));
    },
    chat: async () => drain(await post('/v1/chat/completions', { ...chat, model: pick(projects) })),
    // A client that goes away in the middle.
    leave: async () => {
      const client = new AbortController();
      const response = await post(
        '/v1/chat/completions',
        { ...chat, max_tokens: 300, model: pick(projects) },
        client.signal,
      );
      const reader = response.body!.getReader();
      // The first chunk comes before the first word.
      await reader.read();
      await reader.read();
      client.abort();
    },
    ask: async () => {
      const project = pick(projects);
      const { id } = (await (await post(`/api/projects/${project}/conversations`, {})).json()) as {
        id: string;
      };
      const conversation = `/api/projects/${project}/conversations/${id}`;
      const answer = await readEvents(
        await post(`${conversation}/ask`, { question: 'What is here?', maxTokens: 16 }),
      );
      const { event, data } = await answer.until(({ event }) => event !== 'text');
      if (event === 'error') throw new Error(JSON.stringify(data));
      await fetch(`${url}${conversation}`, { method: 'DELETE' });
    },
  };
  const loads = Object.entries(kinds).map(([kind, request]) => repeat(kind, request, untilMs));
  return Promise.all(loads).finally(() => mcp.close());
}

async function mcpClient(url: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '0' });
  // The SDK's own types do not fit each other with exactOptionalPropertyTypes.
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)) as Transport);
  return client;
}

async function repeat(kind: string, request: () => Promise<void>, untilMs: number): Promise<Load> {
  const load: Load = { kind, millis: [], errors: [] };
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    try {
      await request();
      load.millis.push(performance.now() - startMs);
    } catch (error) {
      load.errors.push(String(error).slice(0, 300));
    }
    await delay(50);
  }
  return load;
}

async function drain(response: Response): Promise<void> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
}
