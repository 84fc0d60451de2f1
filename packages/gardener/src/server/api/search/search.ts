import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { CHUNK_KINDS } from '../../../codebase/chunk/chunk.js';
import { bestLines } from '../../../retrieval/search/best-lines.js';
import type { SearchResult } from '../../../retrieval/search/search.js';
import { body, inProject, json, problems } from '../../contract/route.js';
import { findProject } from '../../lookup/find-project.js';
import type { ServerContext } from '../../state/context.js';

const names = z.array(z.string().min(1).max(100)).max(50);

/** Which part of the codebase is searched. */
export const filterFields = {
  languages: names.optional(),
  kinds: z.array(z.enum(CHUNK_KINDS)).max(50).optional(),
  pathGlob: z.string().max(500).optional(),
};

const query = z
  .strictObject({
    query: z.string().min(1).max(10_000),
    k: z.number().int().min(1).max(100).default(20),
    ...filterFields,
  })
  .openapi('SearchQuery');

const result = z
  .object({
    path: z.string(),
    startLine: z.number(),
    endLine: z.number(),
    language: z.string(),
    kind: z.string(),
    symbol: z.string().nullable(),
    text: z.string(),
    score: z.number().openapi({ description: 'Comparable within one search only.' }),
    vectorRank: z.number().nullable(),
    keywordRank: z.number().nullable(),
    why: z
      .object({
        definition: z.string().nullable().openapi({ description: 'The name of the query that it declares.' }),
        name: z.array(z.string()).openapi({ description: 'Words of the query in what it declares.' }),
        path: z.array(z.string()).openapi({ description: 'Words of the query in its path.' }),
        words: z.array(z.string()).openapi({ description: 'Further words of the query in its text.' }),
        meaning: z.number().nullable().openapi({ description: "Cosine of its vector with the query's." }),
      })
      .openapi('SearchReason'),
    best: z
      .object({ startLine: z.number(), endLine: z.number() })
      .openapi({ description: 'The lines that say most of what the query says.' }),
  })
  .openapi('SearchResult');

export const freshnessSchema = z
  .object({
    commit: z.string().nullable(),
    indexedAt: z.string(),
    complete: z.boolean(),
    changedSince: z.number().nullable(),
  })
  .openapi('IndexFreshness');

const search = createRoute({
  method: 'post',
  path: '/api/projects/{project}/search',
  summary: 'Find code by what it does or by its names',
  request: { params: inProject, body: body(query) },
  responses: {
    200: json(
      z
        .object({ results: z.array(result), index: z.union([freshnessSchema, z.null()]), tookMs: z.number() })
        .openapi('SearchAnswer'),
      'Best first.',
    ),
    ...problems,
  },
});

export function addSearchRoutes(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(search, async (c) => {
    const project = await findProject(context.garden, c.req.valid('param').project);
    const { query, ...options } = c.req.valid('json');
    const { results, freshness, tookMs } = await context.assistant.search(project, query, {
      ...options,
      signal: c.req.raw.signal,
    });
    context.followers.use(project);
    const view = (found: SearchResult) => resultView(query, found);
    return c.json({ results: results.map(view), index: freshness, tookMs }, 200);
  });
}

const BEST_LINES = 8;

function resultView(query: string, found: SearchResult): z.infer<typeof result> {
  const { chunk, score, vectorRank, keywordRank, why } = found;
  const { path, startLine, endLine, language, kind, symbol, text } = chunk;
  const best = bestLines(query, chunk, BEST_LINES);
  return {
    ...{ path, startLine, endLine, language, kind, symbol, text, score, vectorRank, keywordRank, why },
    best: { startLine: best.startLine, endLine: best.endLine },
  };
}
