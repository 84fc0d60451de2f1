import { isAbsolute } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { requireBase } from '../../models/store/require-trainable.js';
import { addProject } from '../../projects/add-project.js';
import { projectModels } from '../../projects/project-models.js';
import { promoteAdapter } from '../../projects/promote-adapter.js';
import { queueRefresh, queueRun } from '../../projects/queue-run.js';
import { removeProject } from '../../projects/remove-project.js';
import { requireCodebase } from '../../projects/require-codebase.js';
import { body, inProject, json, problems } from '../contract/route.js';
import { runView } from '../contract/run-view.js';
import { answeringAdapter, projectSchema, runSchema } from '../contract/schemas.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';
import { projectView } from './project-view.js';
import { requireRun } from './runs.js';

const budget = z
  .number()
  .int()
  .min(1_000)
  .max(7 * 24 * 3_600_000);

const newProject = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(4_096)
      .refine((path) => isAbsolute(path) && !path.includes('\0'), 'it has to be absolute')
      .openapi({ description: 'Folder of the codebase, absolute.' }),
    name: z.string().min(1).max(200).optional(),
    baseModel: z.string().min(1).max(4_096).optional(),
    budgetMs: budget.optional(),
    train: z.boolean().default(true),
  })
  .openapi('NewProject');

const projectList = z
  .object({
    projects: z.array(projectSchema),
    damaged: z
      .array(z.object({ id: z.string(), message: z.string(), remedy: z.string() }))
      .openapi({ description: 'Projects whose record cannot be read.' }),
  })
  .openapi('ProjectList');

const listProjects = createRoute({
  method: 'get',
  path: '/api/projects',
  summary: 'Every project',
  responses: {
    200: json(projectList, 'By name.'),
    ...problems,
  },
});

const postProject = createRoute({
  method: 'post',
  path: '/api/projects',
  summary: 'Add a codebase: index it, and train on it',
  request: { body: body(newProject) },
  responses: { 201: json(projectSchema, 'Added; the work goes on in the background.'), ...problems },
});

const getProject = createRoute({
  method: 'get',
  path: '/api/projects/{project}',
  summary: 'Where a project stands',
  request: { params: inProject },
  responses: { 200: json(projectSchema, 'The project.'), ...problems },
});

const deleteProject = createRoute({
  method: 'delete',
  path: '/api/projects/{project}',
  summary: 'Forget a project: index, adapters, conversations; not the codebase',
  request: { params: inProject },
  responses: { 204: { description: 'Removed.' }, ...problems },
});

const switchProject = createRoute({
  method: 'post',
  path: '/api/projects/{project}/switch',
  summary: 'Make a project the active one, and make it ready to answer',
  request: { params: inProject },
  responses: {
    200: json(
      z
        .object({
          project: projectSchema,
          ms: z.number(),
          adapter: answeringAdapter,
        })
        .openapi('Switched'),
      'Adapter, index and conversation have changed together.',
    ),
    ...problems,
  },
});

const refreshProject = createRoute({
  method: 'post',
  path: '/api/projects/{project}/refresh',
  summary: 'Bring the index, and where much has changed the adapter, up to date',
  request: { params: inProject, body: body(z.strictObject({ train: z.boolean().default(true) })) },
  responses: { 202: json(z.object({ run: runSchema }).openapi('Refreshed'), 'Queued.'), ...problems },
});

const promote = createRoute({
  method: 'post',
  path: '/api/projects/{project}/promote',
  summary: 'Choose by hand which model answers, or roll back',
  request: {
    params: inProject,
    body: body(
      z.strictObject({
        version: z.number().int().positive().nullable().openapi({ description: 'null = the base model' }),
        baseModel: z
          .string()
          .min(1)
          .max(4_096)
          .optional()
          .openapi({ description: 'With version null: the base that answers from now on.' }),
      }),
    ),
  },
  responses: { 200: json(projectSchema, 'The project.'), ...problems },
});

export function addProjectRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden, models } = context;

  app.openapi(listProjects, async (c) => {
    const { projects, problems: unreadable } = await garden.registry.read();
    return c.json(
      {
        projects: await Promise.all(projects.map((project) => projectView(context, project))),
        damaged: unreadable.map(({ id, error: { message, remedy } }) => ({
          id,
          message,
          remedy,
        })),
      },
      200,
    );
  });

  app.openapi(postProject, async (c) => {
    const { path, name, baseModel, budgetMs = garden.settings.budgetMs, train } = c.req.valid('json');
    const { project } = await addProject(garden, {
      // Whoever closes the page while models are fetched finds the project all the same.
      ...{ path, name, baseModel, train, signal: context.stopping },
      fetchModels: (ids) => models.fetchAll(ids),
    });
    await queueRun(garden, project, train ? 'train' : 'index', { budgetMs });
    return c.json(await projectView(context, project), 201);
  });

  app.openapi(getProject, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    return c.json(await projectView(context, project), 200);
  });

  app.openapi(deleteProject, async (c) => {
    const { project: key } = c.req.valid('param');
    const damaged = (await garden.registry.read()).problems.find(({ id }) => id === key);
    const { id } = damaged ?? (await findProject(garden, key));
    const left = await removeProject(garden, id, async () => {
      await context.followers.forget(id);
      await context.assistant.forget(id);
    });
    if (left !== null) garden.log.warn({ project: id }, left);
    return c.body(null, 204);
  });

  app.openapi(switchProject, async (c) => {
    const found = await findProject(garden, c.req.valid('param').project);
    const project = await garden.registry.setActive(found.id);
    const { ms, adapter } = await context.assistant.prepare(project, c.req.raw.signal);
    context.followers.use(project);
    return c.json({ project: await projectView(context, project), ms, adapter }, 200);
  });

  app.openapi(refreshProject, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    await requireCodebase(project);
    await models.fetchAll(projectModels(garden.settings, project.baseModel));
    const { id } = await queueRefresh(garden, project, c.req.valid('json'));
    return c.json({ run: runView(await requireRun(context, project, id)) }, 202);
  });

  app.openapi(promote, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const { version, baseModel } = c.req.valid('json');
    if (version === null && baseModel !== undefined) await models.fetch(requireBase(baseModel));
    const promoted = await promoteAdapter(garden, project, version, baseModel);
    return c.json(await projectView(context, promoted), 200);
  });
}
