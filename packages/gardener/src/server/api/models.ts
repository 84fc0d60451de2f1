import { basename } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { isThere } from '../../garden/files/file-version.js';
import { type CatalogueEntry, listModels } from '../../models/store/catalogue.js';
import { findModel, modelFolder } from '../../models/store/find-model.js';
import { modelOnDisk, notOnDisk, removeModel } from '../../models/store/model-store.js';
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
  request: { params: modelParam },
  responses: { 204: { description: 'Deleted.' }, ...problems },
});

export function addModelRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden, models } = context;

  app.openapi(getModels, async (c) => {
    const views = await Promise.all((await knownEntries(context)).map((entry) => modelView(context, entry)));
    return c.json({ models: views }, 200);
  });

  app.openapi(pullModel, (c) => {
    const { id } = catalogueEntry(c.req.valid('param').model);
    // Told as events, also when it fails.
    models
      .fetch(id)
      .catch((error: unknown) => garden.log.warn({ err: error }, 'a model could not be fetched'));
    return c.body(null, 202);
  });

  app.openapi(deleteModel, async (c) => {
    const { id } = catalogueEntry(c.req.valid('param').model);
    const wasFetching = models.isFetching(id);
    if (wasFetching) await models.cancel(id);
    if (!(await removeModel(garden.paths, id)) && !wasFetching) throw notOnDisk(id);
    return c.body(null, 204);
  });
}

/** The catalogue, and the files of the user's own that projects use. */
async function knownEntries({ garden }: ServerContext): Promise<CatalogueEntry[]> {
  const catalogue = listModels();
  const used = [
    garden.settings.baseModel,
    ...(await garden.registry.list()).map(({ baseModel }) => baseModel),
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
  const onDisk = await modelOnDisk(garden.paths, id);
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
  return { id, kind, name, bytes, licence, description, state, trainable };
}

/** Null when the source alone knows. */
function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.reduce((total, size) => (total === null || size === null ? null : total + size), 0);
}

/** Only of the catalogue: a request must not name files. @throws GardenerError `models.unknown-model` */
function catalogueEntry(id: string): CatalogueEntry {
  const known = listModels().find((entry) => entry.id === id.toLowerCase());
  if (known !== undefined) return known;
  throw new GardenerError(
    'models.unknown-model',
    `There is no model called ${JSON.stringify(id.slice(0, 200))}.`,
    {
      remedy: 'GET /api/models lists them.',
    },
  );
}
