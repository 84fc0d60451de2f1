import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { DEFAULT_MAP_TOKENS } from '../../codebase/graph/project-map.js';
import { type FileState, readFileStates } from '../../retrieval/store/manifest.js';
import { inProject, json, problems } from '../contract/route.js';
import { findProject } from '../lookup/find-project.js';
import { mapText } from '../lookup/map-text.js';
import { readIndexedSource } from '../lookup/read-indexed-source.js';
import type { ServerContext } from '../state/context.js';

const line = z.coerce.number().int().min(1).max(10_000_000);

const listFiles = createRoute({
  method: 'get',
  path: '/api/projects/{project}/files',
  summary: 'Every file that was seen: indexed, skipped or failed, and why',
  request: {
    params: inProject,
    query: z.object({
      outcome: z.enum(['indexed', 'skipped', 'failed']).optional(),
      reason: z.string().max(100).optional(),
      query: z.string().max(1_000).optional().openapi({ description: 'A part of the path.' }),
      offset: z.coerce.number().int().min(0).max(100_000_000).default(0),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          total: z.number(),
          files: z.array(
            z
              .object({
                path: z.string(),
                outcome: z.enum(['indexed', 'skipped', 'failed']),
                reason: z.string().nullable(),
                chunks: z.number(),
                bytes: z.number(),
              })
              .openapi('SeenFile'),
          ),
        })
        .openapi('FileList'),
      'By path; `total` counts what fits the filters.',
    ),
    ...problems,
  },
});

const listSecrets = createRoute({
  method: 'get',
  path: '/api/projects/{project}/secrets',
  summary: 'Where secrets stand that were masked or left out; never what they are',
  request: { params: inProject },
  responses: {
    200: json(
      z
        .object({
          files: z.array(
            z
              .object({
                path: z.string(),
                places: z.array(z.object({ line: z.number().nullable(), rule: z.string() })),
              })
              .openapi('SecretFile'),
          ),
        })
        .openapi('SecretList'),
      'By path. A file left out for its name alone was not read, so its place has no line.',
    ),
    ...problems,
  },
});

const getSource = createRoute({
  method: 'get',
  path: '/api/projects/{project}/source',
  summary: 'Lines of an indexed file, secrets masked',
  request: {
    params: inProject,
    query: z.object({ path: z.string().min(1).max(4_096), from: line.default(1), to: line.optional() }),
  },
  responses: {
    200: json(
      z
        .object({
          path: z.string(),
          language: z.string().nullable(),
          from: z.number(),
          to: z.number(),
          totalLines: z.number(),
          text: z.string(),
          masked: z.number(),
        })
        .openapi('SourceText'),
      'At most 2,000 lines.',
    ),
    ...problems,
  },
});

const getMap = createRoute({
  method: 'get',
  path: '/api/projects/{project}/map',
  summary: 'An outline of the codebase, the most central parts first',
  request: {
    params: inProject,
    query: z.object({ tokens: z.coerce.number().int().min(50).max(100_000).default(DEFAULT_MAP_TOKENS) }),
  },
  responses: { 200: json(z.object({ text: z.string() }).openapi('ProjectMap'), 'The outline.'), ...problems },
});

export function addFileRoutes(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(listFiles, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const { outcome, reason, query, offset, limit } = c.req.valid('query');
    const part = query?.toLowerCase();
    const fits = (file: FileState) =>
      (outcome === undefined || file.outcome === outcome) &&
      (reason === undefined || file.reason === reason) &&
      (part === undefined || file.path.toLowerCase().includes(part));
    const found = (await readFileStates(garden.paths.index(project.id))).filter(fits);
    const files = found.slice(offset, offset + limit).map(({ path, outcome, reason, chunks, version }) => ({
      ...{ path, outcome, reason, chunks },
      bytes: version?.bytes ?? 0,
    }));
    return c.json({ total: found.length, files }, 200);
  });

  app.openapi(listSecrets, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const states = await readFileStates(garden.paths.index(project.id));
    const files = states.flatMap(({ path, reason, secrets = [] }) => {
      const places: { line: number | null; rule: string }[] = secrets.map(({ line, rule }) => ({
        line,
        rule,
      }));
      if (places.length === 0 && reason === 'secret') places.push({ line: null, rule: 'secret-file' });
      return places.length === 0 ? [] : [{ path, places }];
    });
    return c.json({ files }, 200);
  });

  app.openapi(getSource, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const { path, from, to } = c.req.valid('query');
    return c.json(await readIndexedSource(garden, project, path, from, to), 200);
  });

  app.openapi(getMap, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    return c.json({ text: await mapText(garden, project, c.req.valid('query').tokens) }, 200);
  });
}
