import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { json } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';
import { openAiErrorSchema } from './schemas.js';
import { listTargets } from './targets.js';

const model = z
  .object({ id: z.string(), object: z.literal('model'), created: z.number(), owned_by: z.string() })
  .openapi('OpenAiModel');

const listModels = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'OpenAI: each project by its name, the base models on disk, the embedding model',
  responses: {
    200: json(z.object({ object: z.literal('list'), data: z.array(model) }), 'What can be given as `model`.'),
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

const getModel = createRoute({
  method: 'get',
  path: '/v1/models/{model}',
  summary: 'OpenAI: one model',
  request: {
    params: z.object({
      model: z
        .string()
        .max(4_096)
        .openapi({ param: { name: 'model', in: 'path' } }),
    }),
  },
  responses: { 200: json(model, 'The model.'), default: json(openAiErrorSchema, 'What is wrong.') },
});

export function addOpenAiModels(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(listModels, async (c) =>
    c.json({ object: 'list' as const, data: await listTargets(garden) }, 200),
  );

  app.openapi(getModel, async (c) => {
    const { model: id } = c.req.valid('param');
    const found = (await listTargets(garden)).find((entry) => entry.id === id);
    if (found !== undefined) return c.json(found, 200);
    throw new GardenerError(
      'server.unknown-model',
      `There is no model ${JSON.stringify(id.slice(0, 200))}.`,
      {
        remedy: 'GET /v1/models lists them.',
        details: { param: 'model' },
      },
    );
  });
}
