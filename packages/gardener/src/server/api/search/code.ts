import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { body, inProject, json, problems } from '../../contract/route.js';
import { findProject } from '../../lookup/find-project.js';
import type { ServerContext } from '../../state/context.js';
import { filterFields } from './search.js';

const lineQuery = z
  .strictObject({
    pattern: z.string().min(1).max(1_000).openapi({ description: 'Text, or a regular expression of RE2.' }),
    regex: z.boolean().default(false),
    ignoreCase: z.boolean().default(false),
    wholeWord: z.boolean().default(false),
    k: z.number().int().min(1).max(1_000).default(100),
    ...filterFields,
  })
  .openapi('LineQuery');

const foundLine = z
  .object({
    path: z.string(),
    line: z.number(),
    column: z.number().openapi({ description: '1-based, in UTF-16 code units.' }),
    endColumn: z.number(),
    text: z.string(),
    language: z.string(),
    symbol: z.string().nullable(),
  })
  .openapi('FoundLine');

const place = z
  .object({
    path: z.string(),
    startLine: z.number(),
    endLine: z.number(),
    symbol: z.string().nullable(),
    kind: z.string(),
  })
  .openapi('CodePlace');

const lines = createRoute({
  method: 'post',
  path: '/api/projects/{project}/search/lines',
  summary: 'Every line that holds a text or matches a regular expression',
  request: { params: inProject, body: body(lineQuery) },
  responses: {
    200: json(
      z
        .object({ lines: z.array(foundLine), files: z.number(), isCut: z.boolean() })
        .openapi('LineSearchAnswer'),
      'By path and place, source before tests and documentation. `isCut` says that there are more.',
    ),
    ...problems,
  },
});

const related = createRoute({
  method: 'get',
  path: '/api/projects/{project}/related',
  summary: 'What a place in the code uses, what uses it, and what is like it',
  request: {
    params: inProject,
    query: z.object({
      path: z.string().min(1).max(4_096),
      line: z.coerce.number().int().min(1).max(1e9),
      k: z.coerce.number().int().min(1).max(50).default(8),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          at: place,
          uses: z.array(place),
          usedBy: z.array(place),
          imports: z.array(z.string()),
          importedBy: z.array(z.string()),
          similar: z.array(place.extend({ similarity: z.number() }).openapi('SimilarPlace')),
        })
        .openapi('RelatedCode'),
      'Strongest first. Edges come from matching names: likely, not certain.',
    ),
    ...problems,
  },
});

const symbol = createRoute({
  method: 'get',
  path: '/api/projects/{project}/symbol',
  summary: 'Definition and references of a symbol',
  request: {
    params: inProject,
    query: z.object({
      name: z.string().min(1).max(500),
      path: z.string().max(4_096).optional(),
      references: z.coerce.number().int().min(1).max(1_000).default(50),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          name: z.string(),
          definitions: z.array(
            place
              .extend({
                symbol: z.string(),
                signature: z.string(),
                uses: z.array(place),
                usedBy: z.array(place),
              })
              .openapi('DeclaredSymbol'),
          ),
          references: z.array(foundLine),
          isCut: z.boolean(),
        })
        .openapi('SymbolUses'),
      'The lines that name it as a word, its declarations left out.',
    ),
    ...problems,
  },
});

/** What is asked of the index of a project without a model. */
export function addCodeRoutes(app: OpenAPIHono, { garden, assistant, followers }: ServerContext): void {
  const indexOf = async (key: string) => {
    const project = await findProject(garden, key);
    followers.use(project);
    return assistant.index(project);
  };
  app.openapi(lines, async (c) => {
    const index = await indexOf(c.req.valid('param').project);
    return c.json(await index.lines(c.req.valid('json')), 200);
  });
  app.openapi(related, async (c) => {
    const { path, line, k } = c.req.valid('query');
    const index = await indexOf(c.req.valid('param').project);
    return c.json(await index.related({ path, line }, k), 200);
  });
  app.openapi(symbol, async (c) => {
    const { name, path, references } = c.req.valid('query');
    const index = await indexOf(c.req.valid('param').project);
    const asked = { name, references, ...(path === undefined ? {} : { path }) };
    return c.json(await index.symbol(asked), 200);
  });
}
