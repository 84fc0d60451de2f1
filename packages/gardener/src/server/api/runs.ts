import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { findRun, type Run, readRunEvents, runIds } from '../../garden/runs/runs.js';
import { requireBase, requireTrainable } from '../../models/store/require-trainable.js';
import { cancelOpenRun, controlRun, noRun } from '../../projects/control-run.js';
import { projectModels } from '../../projects/project-models.js';
import { queueRun } from '../../projects/queue-run.js';
import { requireCodebase } from '../../projects/require-codebase.js';
import { body, inProject, json, problems } from '../contract/route.js';
import { runEventView, runView } from '../contract/run-view.js';
import { runEvent, runSchema } from '../contract/schemas.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';

/** The history that is shown. */
const MAX_RUNS = 100;

const inRun = inProject.extend({
  run: z
    .string()
    .max(64)
    .openapi({ param: { name: 'run', in: 'path' }, description: 'Id of a run.' }),
});

const listRuns = createRoute({
  method: 'get',
  path: '/api/projects/{project}/runs',
  summary: 'The runs of a project, newest first',
  request: { params: inProject },
  responses: {
    200: json(z.object({ runs: z.array(runSchema) }).openapi('RunList'), 'At most 100.'),
    ...problems,
  },
});

const startRun = createRoute({
  method: 'post',
  path: '/api/projects/{project}/runs',
  summary: 'Train a new adapter',
  request: {
    params: inProject,
    body: body(
      z.strictObject({
        kind: z.literal('train'),
        budgetMs: z
          .number()
          .int()
          .min(1_000)
          .max(7 * 24 * 3_600_000)
          .optional(),
        baseModel: z.string().min(1).max(4_096).optional().openapi({
          description:
            "The base to train on, beside the adapters there are: an id of GET /api/models, an absolute path of a GGUF, or hf:owner/repository/file.gguf. Defaults to the project's.",
        }),
      }),
    ),
  },
  responses: { 201: json(runSchema, 'Queued.'), ...problems },
});

const getRun = createRoute({
  method: 'get',
  path: '/api/projects/{project}/runs/{run}',
  summary: 'One run',
  request: { params: inRun },
  responses: { 200: json(runSchema, 'The run.'), ...problems },
});

const getEvents = createRoute({
  method: 'get',
  path: '/api/projects/{project}/runs/{run}/events',
  summary: 'What happened in a run, from the beginning or from where the last answer ended',
  request: {
    params: inRun,
    query: z.object({
      from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    }),
  },
  responses: {
    200: json(
      z.object({ events: z.array(runEvent), next: z.number() }).openapi('RunEventPage'),
      '`next` is what to give as `from` for what follows.',
    ),
    ...problems,
  },
});

const control = createRoute({
  method: 'post',
  path: '/api/projects/{project}/runs/{run}/{request}',
  summary: 'Pause, resume or cancel a run',
  request: {
    params: inRun.extend({
      request: z.enum(['pause', 'resume', 'cancel']).openapi({ param: { name: 'request', in: 'path' } }),
    }),
  },
  responses: { 200: json(runSchema, 'The run as it stands then.'), ...problems },
});

export function addRunRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden, models } = context;

  app.openapi(listRuns, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const ids = (await runIds(garden.paths, project.id)).reverse().slice(0, MAX_RUNS);
    const runs = await Promise.all(ids.map((id) => findRun(garden.paths, project.id, id).catch(() => null)));
    return c.json({ runs: runs.filter((run) => run !== null).map(runView) }, 200);
  });

  app.openapi(startRun, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const { kind, budgetMs = garden.settings.budgetMs, ...wanted } = c.req.valid('json');
    await requireCodebase(project);
    const baseModel = requireBase(wanted.baseModel ?? project.baseModel);
    await models.fetchAll(projectModels(garden.settings, baseModel));
    await requireTrainable(garden.paths, baseModel);
    const { id } = await queueRun(garden, project, kind, { budgetMs, baseModel });
    return c.json(runView(await requireRun(context, project, id)), 201);
  });

  app.openapi(getRun, async (c) => {
    const { project: key, run } = c.req.valid('param');
    return c.json(runView(await requireRun(context, await findProject(garden, key), run)), 200);
  });

  app.openapi(getEvents, async (c) => {
    const { project: key, run } = c.req.valid('param');
    const { directory } = await requireRun(context, await findProject(garden, key), run);
    const { events, nextByte } = await readRunEvents(directory, c.req.valid('query').from);
    return c.json({ events: events.map(runEventView), next: nextByte }, 200);
  });

  app.openapi(control, async (c) => {
    const { project: key, run: id, request } = c.req.valid('param');
    const project = await findProject(garden, key);
    const run = await requireRun(context, project, id);
    if (run.state.finished) throw noRun(project);
    if (request === 'cancel') await cancelOpenRun(garden.paths, project.id);
    else await controlRun(garden.paths, project, request, c.req.raw.signal);
    return c.json(runView(await requireRun(context, project, id)), 200);
  });
}

/** A run of a project. @throws GardenerError `server.unknown-run` */
export async function requireRun(
  { garden }: ServerContext,
  project: ProjectRecord,
  id: string,
): Promise<Run> {
  const run = await findRun(garden.paths, project.id, id);
  if (run === null) throw unknownRun(project, id);
  return run;
}

function unknownRun(project: ProjectRecord, id: string): GardenerError {
  return new GardenerError('server.unknown-run', `${project.name} has no run ${JSON.stringify(id)}.`, {
    remedy: 'List its runs, and take one of those.',
  });
}
