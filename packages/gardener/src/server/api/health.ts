import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { readManifest } from '../../retrieval/store/manifest.js';
import { json } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';

const component = z
  .object({
    state: z.enum(['ok', 'warn', 'fail', 'idle']),
    message: z.string(),
    remedy: z.string().nullable(),
  })
  .openapi('HealthComponent');

type Component = z.infer<typeof component>;

const health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    startedAt: z.string(),
    components: z.object({
      index: component,
      embedder: component,
      runtime: component,
      disk: component,
      memory: component,
    }),
  })
  .openapi('Health');

const getHealth = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether every part works; answered without a token, and without anything of a project',
  responses: { 200: json(health, 'Always, while the server runs.') },
});

const GIB = 1024 ** 3;
const LITTLE_DISK_BYTES = GIB;
const LITTLE_MEMORY_BYTES = GIB / 4;

export function addHealthRoutes(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(getHealth, async (c) => {
    const components = {
      index: await indexHealth(context),
      ...answeringHealth(context),
      disk: await diskHealth(context.garden.paths.root),
      memory: memoryHealth(),
    };
    const isGood = Object.values(components).every(({ state }) => state === 'ok' || state === 'idle');
    const { version, startedAt } = context;
    return c.json({ status: isGood ? 'ok' : 'degraded', version, startedAt, components } as const, 200);
  });
}

const good = (message: string): Component => ({ state: 'ok', message, remedy: null });

async function indexHealth({ garden }: ServerContext): Promise<Component> {
  const { projects, problems } = await garden.registry.read();
  const manifests = await Promise.all(
    projects.map(({ id }) => readManifest(garden.paths.index(id)).catch(() => 'damaged' as const)),
  );
  const damaged = manifests.filter((manifest) => manifest === 'damaged').length + problems.length;
  if (damaged > 0) {
    const message = `${damaged} of ${projects.length + problems.length} projects cannot be read.`;
    return { state: 'fail', message, remedy: 'Run `gardener list`: it names them and says what to do.' };
  }
  const ready = manifests.filter((manifest) => manifest !== null).length;
  return good(`${ready} of ${projects.length} projects are indexed.`);
}

/** Nothing is started by asking. */
function answeringHealth({ assistant }: ServerContext): { embedder: Component; runtime: Component } {
  const { embedder, runtime } = assistant.state();
  const remedy = 'Run `gardener doctor`.';
  const loaded = runtime.models.length;
  return {
    embedder:
      embedder.state === 'failed'
        ? { state: 'fail', message: embedder.lastError ?? 'The embedding model does not start.', remedy }
        : embedder.state === 'not-started'
          ? { state: 'idle', message: 'Started with the first search.', remedy: null }
          : good('The embedding model is loaded.'),
    runtime:
      runtime.lastError !== null && loaded === 0
        ? { state: 'fail', message: runtime.lastError, remedy }
        : loaded === 0
          ? { state: 'idle', message: 'Started with the first question.', remedy: null }
          : good(`${loaded} base ${loaded === 1 ? 'model is' : 'models are'} loaded.`),
  };
}

async function diskHealth(root: string): Promise<Component> {
  try {
    const { bavail, bsize } = await statfs(root);
    const freeBytes = bavail * bsize;
    const message = `${(freeBytes / GIB).toFixed(1)} GiB are free.`;
    if (freeBytes >= LITTLE_DISK_BYTES) return good(message);
    return {
      state: 'warn',
      message,
      remedy: 'Free some space: `gardener models remove`, `gardener remove`.',
    };
  } catch {
    const message = 'The data directory cannot be reached.';
    return { state: 'fail', message, remedy: 'Check that its disk is there.' };
  }
}

function memoryHealth(): Component {
  const free = freemem();
  const message = `${(free / GIB).toFixed(1)} of ${(totalmem() / GIB).toFixed(1)} GiB are free.`;
  if (free >= LITTLE_MEMORY_BYTES) return good(message);
  return { state: 'warn', message, remedy: 'Close other programs.' };
}
