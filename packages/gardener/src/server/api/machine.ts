import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { runDoctor } from '../../doctor/run-doctor.js';
import { diskUsage } from '../../garden/disk/disk-usage.js';
import { json, problems } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';

const getDoctor = createRoute({
  method: 'get',
  path: '/api/doctor',
  summary: 'Checks of this machine and of the data directory, as gardener doctor makes them',
  responses: {
    200: json(
      z
        .object({
          checks: z.array(
            z
              .object({
                name: z.string(),
                state: z.enum(['ok', 'warn', 'fail']),
                detail: z.string(),
                remedy: z.string().nullable(),
              })
              .openapi('DoctorCheck'),
          ),
        })
        .openapi('DoctorReport'),
      'Takes seconds: each native module is tried in a process of its own.',
    ),
    ...problems,
  },
});

const getDisk = createRoute({
  method: 'get',
  path: '/api/disk',
  summary: 'What the data directory takes on the disk',
  responses: {
    200: json(
      z
        .object({
          totalBytes: z.number(),
          capBytes: z
            .number()
            .nullable()
            .openapi({ description: 'The setting maxDiskMegabytes; null is no limit.' }),
          parts: z.array(z.object({ name: z.string(), bytes: z.number() })),
          projects: z.array(z.object({ projectId: z.string(), bytes: z.number() })),
        })
        .openapi('DiskUse'),
      '`parts` add up to the whole: models, projects, cache, logs, other.',
    ),
    ...problems,
  },
});

export function addMachineRoutes(app: OpenAPIHono, { garden, stopping }: ServerContext): void {
  // One look at a time: it starts processes, and a page that is loaded again must not start more.
  let looking: ReturnType<typeof runDoctor> | null = null;

  app.openapi(getDoctor, async (c) => {
    looking ??= runDoctor({ dataDir: garden.paths.root, signal: stopping }).finally(() => {
      looking = null;
    });
    return c.json({ checks: await looking }, 200);
  });

  app.openapi(getDisk, async (c) => {
    const { baseModelsBytes, cacheBytes, logsBytes, projects, totalBytes } = await diskUsage(garden.paths);
    const projectBytes = projects.reduce((sum, project) => sum + project.totalBytes, 0);
    const named = { models: baseModelsBytes, projects: projectBytes, cache: cacheBytes, logs: logsBytes };
    const other = totalBytes - Object.values(named).reduce((sum, bytes) => sum + bytes, 0);
    const parts = Object.entries({ ...named, other }).map(([name, bytes]) => ({ name, bytes }));
    return c.json(
      {
        ...{ totalBytes, parts },
        capBytes: garden.settings.maxDiskMegabytes * 1e6 || null,
        projects: projects.map(({ id, totalBytes: bytes }) => ({ projectId: id, bytes })),
      },
      200,
    );
  });
}
