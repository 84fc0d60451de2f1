import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server treats the embedding requests, one entry a request; the last one stays. */
export type Behaviour =
  | 'answer'
  | 'unavailable'
  | 'hang-up'
  | 'no-json'
  | 'too-few'
  | 'other-dimension'
  | 'zeros'
  | 'unauthorized'
  | 'redirect';

/**
 * A local stand-in for an embedding server that cannot be had here: replays the documented API
 * of one, with made-up vectors.
 */
export interface RecordedEmbeddingServer {
  url: string;
  /** Every embedding request: its body and its authorization. */
  requests: { body: Record<string, unknown>; authorization: string | undefined }[];
  behave(...behaviour: Behaviour[]): void;
  close(): Promise<void>;
}

/** Ollama's /api/tags and /api/embed: https://github.com/ollama/ollama/blob/main/docs/api.md */
export function startRecordedOllama(digest = 'sha256:0123456789abcdef'): Promise<RecordedEmbeddingServer> {
  return start(
    (path) =>
      path === '/api/tags'
        ? {
            models: [
              { name: 'nomic-embed-text:latest', model: 'nomic-embed-text:latest', size: 274302450, digest },
            ],
          }
        : null,
    '/api/embed',
    (body, vectors) => ({
      model: body.model,
      embeddings: vectors,
      total_duration: 14143917,
      prompt_eval_count: 8,
    }),
    '',
  );
}

/**
 * POST /v1/embeddings of the OpenAI API, items in reverse order:
 * https://platform.openai.com/docs/api-reference/embeddings
 */
export function startRecordedOpenAi(): Promise<RecordedEmbeddingServer> {
  return start(
    () => null,
    '/v1/embeddings',
    (body, vectors) => ({
      object: 'list',
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })).reverse(),
      model: body.model,
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
    '/v1',
  );
}

const DIMENSION = 16;

/** The vector that the stand-ins give for a text: not of length 1, as real servers' may be. */
export function recordedVector(text: string, dimension = DIMENSION): number[] {
  const bytes = createHash('sha512').update(text).digest();
  return Array.from({ length: dimension }, (_, i) => bytes[i]! / 16 - 8);
}

async function start(
  get: (path: string) => object | null,
  embedPath: string,
  answer: (body: Record<string, unknown>, vectors: number[][]) => object,
  base: string,
): Promise<RecordedEmbeddingServer> {
  const requests: RecordedEmbeddingServer['requests'] = [];
  let behaviour: Behaviour[] = ['answer'];
  const server = createServer(async (request, response) => {
    const fixed = request.method === 'GET' ? get(request.url ?? '') : null;
    if (fixed !== null) return json(response, 200, fixed);
    if (request.url !== embedPath) return json(response, 404, { error: 'not found' });
    const body = await bodyOf(request);
    requests.push({ body, authorization: request.headers.authorization });
    const next = behaviour.length > 1 ? behaviour.shift()! : behaviour[0]!;
    reply(response, next, (dimension) =>
      answer(
        body,
        (body.input as string[]).map((text) => recordedVector(text, dimension)),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    requests,
    behave: (...next) => {
      behaviour = next;
    },
    close: () => closed(server),
  };
}

function reply(response: ServerResponse, behaviour: Behaviour, answer: (dimension?: number) => object): void {
  if (behaviour === 'hang-up') response.destroy();
  else if (behaviour === 'unavailable') json(response, 503, { error: 'loading model' });
  else if (behaviour === 'unauthorized') json(response, 401, { error: 'invalid api key' });
  else if (behaviour === 'no-json') response.writeHead(200).end('<html>proxy</html>');
  else if (behaviour === 'redirect') response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end();
  else if (behaviour === 'other-dimension') json(response, 200, answer(8));
  else {
    const text = JSON.stringify(answer());
    const rows = /\[(-?[\d.]+,?)+\]/g;
    if (behaviour === 'zeros')
      response.writeHead(200).end(text.replace(rows, `[${'0,'.repeat(DIMENSION - 1)}0]`));
    else if (behaviour === 'too-few')
      response.writeHead(200).end(text.replace(/"(embeddings|data)":\[.*\]/s, '"$1":[]'));
    else response.writeHead(200).end(text);
  }
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text) as Record<string, unknown>;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}
