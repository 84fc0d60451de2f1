import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { chunkCodebase } from '../codebase/read/chunk-codebase.js';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { wordEmbedder } from '../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../retrieval/index/project-index.js';
import { createApp } from './app.js';
import { admittedOrigins } from './guard/admitted-origins.js';
import { accessFor } from './guard/guard.js';
import type { Limits } from './guard/limits.js';
import { createContext } from './serve.js';
import type { ServerContext } from './state/context.js';

/** The real app over a data directory of its own, with one indexed project called `shop` and no model started. */
export interface TestApp {
  app: OpenAPIHono;
  context: ServerContext;
  garden: Garden;
  project: ProjectRecord;
  /** The codebase. */
  code: string;
  /** Begins to shut down. */
  stop(): void;
  /** A request to the app as a program on this machine sends it; a body is sent as JSON. */
  ask(
    path: string,
    options?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  remove(): Promise<void>;
}

const SLUG = `export function slugify(title: string) {
  return trim(title).toLowerCase().replace(/ /g, "-");
}

export function trim(title: string) {
  return title.trim();
}
`;

export async function makeTestApp(
  options: {
    token?: string;
    host?: string;
    limits?: Limits;
    webDirectory?: string;
    allowedOrigins?: readonly string[];
  } = {},
): Promise<TestApp> {
  const root = await mkdtemp(join(tmpdir(), 'gardener-app-'));
  const code = join(root, 'shop');
  await mkdir(code);
  await writeFile(join(code, 'slug.ts'), SLUG);
  await writeFile(
    join(code, 'settings.ts'),
    `export const region = 'eu';\nexport const key = '${'AKIA'}QWERTYUIOPASDFGH';\n`,
  );
  await writeFile(join(root, 'outside.ts'), 'export const outside = true;\n');
  const garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
  const project = await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
  const index = new ProjectIndex(garden.paths, project.id);
  await index.update(chunkCodebase(code), wordEmbedder(), { root: code });
  index.close();
  const stopping = new AbortController();
  const context = createContext(garden, '0.0.0', stopping.signal);
  const access = accessFor(options.host ?? '127.0.0.1', options.token ?? null, {
    admits: admittedOrigins(garden, options.allowedOrigins),
  });
  const app = createApp(context, {
    access,
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.webDirectory ? { webDirectory: options.webDirectory } : {}),
  });
  return {
    ...{ app, context, garden, project, code },
    stop: () => stopping.abort(),
    ask: async (path, { method = 'GET', body, headers = {} } = {}) =>
      app.request(`http://127.0.0.1:4747${path}`, {
        method,
        headers: {
          host: '127.0.0.1:4747',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(body === undefined
            ? {}
            : { 'content-length': String(Buffer.byteLength(JSON.stringify(body))) }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    remove: async () => {
      stopping.abort();
      await context.followers.close();
      await context.assistant.close();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
