import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { body, json } from '../contract/route.js';
import { findTarget, listTargets } from '../openai/targets.js';
import type { ServerContext } from '../state/context.js';
import { NO_DETAILS, ollamaError, showAnswer, showRequest, tagsAnswer } from './ollama-schemas.js';

/** The version of Ollama whose API this is: clients ask for it before they use `suffix`. */
const OLLAMA_VERSION = '0.12.0';

const wrong = json(ollamaError, 'What is wrong.');

const version = createRoute({
  method: 'get',
  path: '/api/version',
  summary: 'Ollama: the version that its clients go by',
  responses: {
    200: json(z.object({ version: z.string(), gardener: z.string() }), 'The version.'),
    default: wrong,
  },
});

const tags = createRoute({
  method: 'get',
  path: '/api/tags',
  summary: 'Ollama: each project by its name, and the base models on disk',
  responses: { 200: json(tagsAnswer, 'The models.'), default: wrong },
});

const show = createRoute({
  method: 'post',
  path: '/api/show',
  summary: 'Ollama: what a model can do',
  request: { body: body(showRequest) },
  responses: { 200: json(showAnswer, 'The model.'), default: wrong },
});

export function addOllamaModels(app: OpenAPIHono, { garden, version: ours }: ServerContext): void {
  app.openapi(version, (c) => c.json({ version: OLLAMA_VERSION, gardener: ours }, 200));

  app.openapi(tags, async (c) => {
    const models = (await listTargets(garden)).filter(({ owned_by }) => owned_by !== 'embedding');
    return c.json(
      {
        models: models.map(({ id, created }) => ({
          ...{ name: id, model: id, size: 0, details: NO_DETAILS },
          modified_at: new Date(created * 1_000).toISOString(),
          digest: createHash('sha256').update(id).digest('hex'),
        })),
      },
      200,
    );
  });

  app.openapi(show, async (c) => {
    const { model, name } = c.req.valid('json');
    const { project, baseModel } = await findTarget(garden, ollamaName(model ?? name ?? ''));
    return c.json(
      {
        modelfile: '',
        parameters: '',
        // Clients look here for whether a suffix is understood.
        template: '{{ .Prompt }}{{ if .Suffix }}{{ .Suffix }}{{ end }}',
        details: { ...NO_DETAILS, parent_model: project === null ? '' : baseModel },
        model_info: {},
        capabilities: ['completion', 'insert'],
      },
      200,
    );
  });
}

/** Ollama's clients write `:latest` behind a name that has no tag. */
export function ollamaName(model: string): string {
  return model.replace(/:latest$/, '');
}
