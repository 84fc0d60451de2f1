import { basename } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { isThere } from '../../garden/files/file-version.js';
import { type CatalogueEntry, listModels } from '../../models/store/catalogue.js';
import { findModel, modelFolder } from '../../models/store/find-model.js';
import { storedModels } from '../../models/store/foreign-stores.js';
import {
  localModels,
  modelOnDisk,
  notOnDisk,
  removeModel,
  usedFiles,
} from '../../models/store/model-store.js';
import { requireUnused } from '../../projects/model-uses.js';
import { json, problems } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';

const modelSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['base', 'embedding']),
    name: z.string(),
    bytes: z.number().nullable(),
    licence: z.string().nullable(),
    description: z.string(),
    state: z.enum(['ready', 'missing', 'downloading', 'damaged']),
    trainable: z.boolean().nullable(),
    removable: z.boolean().openapi({ description: 'false for files that are used where they lie.' }),
  })
  .openapi('Model');

type ModelView = z.infer<typeof modelSchema>;

const modelParam = z.object({
  model: z
    .string()
    .min(1)
    .max(4_096)
    .openapi({ param: { name: 'model', in: 'path' } }),
});

const getModels = createRoute({
  method: 'get',
  path: '/api/models',
  summary: 'The models that Gardener knows, and which are on this machine',
  responses: {
    200: json(z.object({ models: z.array(modelSchema) }).openapi('ModelList'), 'The defaults first.'),
    ...problems,
  },
});

const pullModel = createRoute({
  method: 'post',
  path: '/api/models/{model}/pull',
  summary: 'Fetch a model; its progress comes as `model` events',
  request: { params: modelParam },
  responses: { 202: { description: 'It is being fetched, or is there already.' }, ...problems },
});

const deleteModel = createRoute({
  method: 'delete',
  path: '/api/models/{model}',
  summary: 'Delete a model from this machine; one that is being fetched is not fetched any further',
  description: 'A model that projects need is refused with `models.in-use`, unless `force` is true.',
  request: { params: modelParam, query: z.object({ force: z.enum(['true', 'false']).default('false') }) },
  responses: { 204: { description: 'Deleted.' }, ...problems },
});

export function addModelRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden, models } = context;

  app.openapi(getModels, async (c) => {
    const views = await Promise.all((await knownEntries(context)).map((entry) => modelView(context, entry)));
    return c.json({ models: views }, 200);
  });

  app.openapi(pullModel, (c) => {
    const { id } = fetchableEntry(c.req.valid('param').model);
    // Told as events, also when it fails.
    models
      .fetch(id, { mend: true })
      .catch((error: unknown) => garden.log.warn({ err: error }, 'a model could not be fetched'));
    return c.body(null, 202);
  });

  app.openapi(deleteModel, async (c) => {
    const { id } = await knownEntry(context, c.req.valid('param').model);
    const wasFetching = models.isFetching(id);
    if (wasFetching) await models.cancel(id);
    else if (c.req.valid('query').force !== 'true' && (await modelOnDisk(garden.paths, id)) !== null) {
      await requireUnused(garden, id);
    }
    if (!(await removeModel(garden.paths, id)) && !wasFetching) throw notOnDisk(id);
    return c.body(null, 204);
  });
}

/** The catalogue, and what else is here or used by a project: fetched, of the user's own, of other programs. */
async function knownEntries({ garden }: ServerContext): Promise<CatalogueEntry[]> {
  const catalogue = listModels();
  const { paths, settings, registry } = garden;
  const used = [
    settings.baseModel,
    ...(await registry.list()).map(({ baseModel }) => baseModel),
    ...(await localModels(paths)).map(({ id }) => id),
    ...(await usedFiles(paths)).map(({ id }) => id),
    ...storedModels().map(({ id }) => id),
  ];
  const own = [...new Set(used)].filter((id) => !catalogue.some((entry) => entry.id === id));
  const found = own.flatMap((id) => {
    try {
      return [findModel(id)];
    } catch {
      // A file that is gone is told by the project that uses it.
      return [];
    }
  });
  return [...catalogue, ...found];
}

async function modelView({ garden, models }: ServerContext, entry: CatalogueEntry): Promise<ModelView> {
  const { id, kind, licence, description, trainable, files, source } = entry;
  // A file of the user's own that is no model any more is shown as missing.
  const onDisk = await modelOnDisk(garden.paths, id).catch(() => null);
  const bytes =
    onDisk?.manifest.files.reduce((sum, file) => sum + file.bytes, 0) ?? sum(files.map((file) => file.bytes));
  const isLeft =
    source.type !== 'file' && onDisk === null && (await isThere(garden.paths.baseModel(modelFolder(entry))));
  const state = models.isFetching(id)
    ? 'downloading'
    : onDisk !== null
      ? 'ready'
      : isLeft
        ? 'damaged'
        : 'missing';
  const name =
    source.type === 'file' ? basename(source.path) : (/^[^,(:]+/.exec(description)?.[0] ?? id).trim();
  const removable = source.type !== 'file';
  return { id, kind, name, bytes, licence, description, state, trainable, removable };
}

/** Null when the source alone knows. */
function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.reduce((total, size) => (total === null || size === null ? null : total + size), 0);
}

/** Only of the catalogue or the hub: a request must not name files. @throws GardenerError `models.unknown-model` */
function fetchableEntry(id: string): CatalogueEntry {
  const known = listModels().find((entry) => entry.id === id.toLowerCase());
  if (known !== undefined) return known;
  if (id.startsWith('hf:')) return findModel(id);
  throw unknownModel(id);
}

/** Only of those that are listed. @throws GardenerError `models.unknown-model` */
async function knownEntry(context: ServerContext, id: string): Promise<CatalogueEntry> {
  const known = (await knownEntries(context)).find(
    (entry) => entry.id === id || entry.id === id.toLowerCase(),
  );
  if (known !== undefined || context.models.isFetching(id)) return known ?? findModel(id);
  throw unknownModel(id);
}

function unknownModel(id: string): GardenerError {
  return new GardenerError(
    'models.unknown-model',
    `There is no model called ${JSON.stringify(id.slice(0, 200))}.`,
    {
      remedy: 'GET /api/models lists them.',
    },
  );
}
