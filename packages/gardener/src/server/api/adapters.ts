import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { readAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { adapterVersions, readScorecard } from '../../training/adapters/adapter-store.js';
import { errorAnswer } from '../contract/error-answer.js';
import { inProject, json, problems } from '../contract/route.js';
import { scorecard } from '../contract/schemas.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';

const adapterSchema = z
  .object({
    version: z.number(),
    promoted: z.boolean(),
    createdAt: z.string().nullable(),
    commit: z.string().nullable().openapi({ description: 'Commit of the codebase it was trained on.' }),
    bytes: z.number(),
    baseModel: z.string(),
    runId: z.string().nullable(),
    scorecard: z.union([scorecard, z.null()]),
    problem: z.string().nullable().openapi({ description: 'Why it cannot be used, in one sentence.' }),
  })
  .openapi('Adapter');

type AdapterView = z.infer<typeof adapterSchema>;

const listAdapters = createRoute({
  method: 'get',
  path: '/api/projects/{project}/adapters',
  summary: 'The adapters of a project with their scorecards, newest first',
  request: { params: inProject },
  responses: {
    200: json(z.object({ adapters: z.array(adapterSchema) }).openapi('AdapterList'), 'Newest first.'),
    ...problems,
  },
});

export function addAdapterRoutes(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(listAdapters, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const versions = await adapterVersions(garden.paths, project.id);
    const adapters = await Promise.all(
      versions.map((version) => adapterView(garden.paths, project, version)),
    );
    return c.json({ adapters: adapters.reverse() }, 200);
  });
}

async function adapterView(
  paths: GardenPaths,
  project: ProjectRecord,
  version: number,
): Promise<AdapterView> {
  const directory = paths.adapter(project.id, version);
  const common = {
    version,
    promoted: project.promotedAdapter === version,
    bytes: await folderBytes(directory),
    scorecard: await readScorecard(paths, project.id, version),
  };
  try {
    const { createdAt, commit, base, settings, files } = await readAdapterManifest(directory);
    const runId = typeof settings.runId === 'string' ? settings.runId : null;
    const problem = await missingFile(directory, Object.keys(files));
    return { ...common, createdAt, commit, baseModel: base.name, runId, problem };
  } catch (error) {
    const { message } = errorAnswer(error).body.error;
    return {
      ...common,
      createdAt: null,
      commit: null,
      baseModel: project.baseModel,
      runId: null,
      problem: message,
    };
  }
}

async function missingFile(directory: string, names: readonly string[]): Promise<string | null> {
  const present = await readdir(directory).catch((): string[] => []);
  const missing = names.filter((name) => !present.includes(name));
  return missing.length === 0 ? null : `Its file ${missing[0]} is gone: train again, or promote another one.`;
}

async function folderBytes(directory: string): Promise<number> {
  const names = await readdir(directory).catch((): string[] => []);
  const sizes = names.map((name) =>
    stat(join(directory, name)).then(
      (entry) => (entry.isFile() ? entry.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
