import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { body, json } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, whileGenerating } from '../state/generation.js';
import { openAiErrorSchema } from './schemas.js';

/** What a token takes on average; the embedder does not tell how many it has read. */
const CHARACTERS_PER_TOKEN = 4;

const embeddingRequest = z
  .object({
    model: z.string().min(1).max(4_096),
    input: z.union(
      [z.string().min(1), z.array(z.string().min(1)).min(1).max(2_048)],
      'a text, or up to 2,048 texts',
    ),
    encoding_format: z.enum(['float', 'base64']).nullish(),
    dimensions: z.number().int().positive().nullish(),
    gardener: z
      .object({ kind: z.enum(['query', 'document']).optional() })
      .nullish()
      .openapi({ description: 'Some models want to know what is a question; the default is document.' }),
  })
  .openapi('EmbeddingRequest');

const embeddings = z
  .object({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.number(),
        embedding: z.union([z.array(z.number()), z.string()]),
      }),
    ),
    usage: z.object({ prompt_tokens: z.number(), total_tokens: z.number() }),
  })
  .openapi('Embeddings');

const createEmbeddings = createRoute({
  method: 'post',
  path: '/v1/embeddings',
  summary: 'OpenAI: vectors of texts, from the embedding model of the settings',
  request: { body: body(embeddingRequest) },
  responses: {
    200: json(embeddings, 'One unit vector a text. The count of tokens is an estimate.'),
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

export function addEmbeddings(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(createEmbeddings, async (c) => {
    const { model, input, encoding_format, dimensions, gardener } = c.req.valid('json');
    const known = context.garden.settings.embeddingModel;
    if (model !== known) throw otherModel(model, known);
    const texts = [input].flat();
    const generation = beginGeneration(c, context);
    return whileGenerating(generation, async () => {
      const vectors = await context.assistant.embed(texts, gardener?.kind ?? 'document', generation.signal);
      const dimension = vectors[0]?.length ?? 0;
      if (dimensions != null && dimensions !== dimension) throw otherDimension(dimension);
      const data = vectors.map((vector, index) => {
        const embedding = encoding_format === 'base64' ? asBase64(vector) : [...vector];
        return { object: 'embedding' as const, index, embedding };
      });
      const tokens = Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / CHARACTERS_PER_TOKEN);
      return c.json(
        { object: 'list' as const, model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } },
        200,
      );
    });
  });
}

/**
 * Little-endian float32, which OpenAI's clients ask for by default; every platform that Node runs on is little-endian.
 */
function asBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function otherModel(asked: string, known: string): GardenerError {
  return new GardenerError(
    'server.unknown-model',
    `${JSON.stringify(asked.slice(0, 200))} is not the embedding model.`,
    {
      remedy: `Ask for ${known}, or change the setting embeddingModel.`,
      details: { param: 'model' },
    },
  );
}

function otherDimension(dimension: number): GardenerError {
  return new GardenerError(
    'server.bad-request',
    `The embedding model gives ${dimension} dimensions, and no other number.`,
    {
      remedy: `Leave dimensions out, or ask for ${dimension}.`,
      details: { param: 'dimensions' },
    },
  );
}
