import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { trainingStatusSchema } from '../../garden/project-record.js';
import { runKindSchema } from '../../garden/runs/runs.js';
import { fleetStatus } from '../../projects/fleet/fleet-status.js';
import { json, problems } from '../contract/route.js';
import { indexState, projectFields } from '../contract/schemas.js';
import type { ServerContext } from '../state/context.js';

const count = z.number().int();
const figure = z.number().nullable();

const failure = z.object({ code: z.string(), message: z.string(), remedy: z.string(), time: z.string() });

const fleetRun = z
  .object({
    id: z.string(),
    kind: runKindSchema,
    status: trainingStatusSchema,
    finished: z.boolean(),
    reason: z.string().nullable(),
    progress: figure.openapi({ description: 'How far its stage is, 0 to 1.' }),
    step: figure,
    steps: figure,
    etaMs: figure,
    failures: z
      .array(failure)
      .openapi({ description: 'Why earlier tries and the last one failed, oldest first; at most ten.' }),
    updatedAt: z.string().nullable(),
  })
  .openapi('FleetRun');

const fleetRow = z
  .object({
    project: projectFields,
    index: z.object({ state: indexState, files: count, chunks: count }),
    run: z.union([fleetRun, z.null()]).openapi({
      description:
        'The newest run; where that is a refresh of the index that went well, the last training, if there is one.',
    }),
    adapter: z.object({ version: figure, promoted: z.boolean() }),
    verdict: z.enum(['promoted', 'refused', 'unmeasured']).nullable(),
    bitsPerByte: z
      .object({ base: z.number(), adapter: z.number() })
      .nullable()
      .openapi({ description: 'Of held-out code, without retrieval.' }),
  })
  .openapi('FleetProject');

const fleet = z
  .object({
    projects: z.array(fleetRow),
    totals: z
      .object({
        ...{ projects: count, indexed: count, files: count, chunks: count },
        ...{ waiting: count, working: count, paused: count, failed: count, promoted: count, refused: count },
        improvement: figure.openapi({
          description: "Mean fall of the bits per byte of held-out code, as a share of the base's.",
        }),
      })
      .openapi('FleetTotals'),
    damaged: z
      .array(z.object({ id: z.string(), message: z.string(), remedy: z.string() }))
      .openapi({ description: 'Projects whose record cannot be read.' }),
  })
  .openapi('Fleet');

const getFleet = createRoute({
  method: 'get',
  path: '/api/fleet',
  summary: 'Every project in one table: index, run, adapter, verdict',
  responses: {
    200: json(fleet, 'By name. Read from small files: cheaper than GET /api/projects.'),
    ...problems,
  },
});

export function addFleetRoutes(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(getFleet, async (c) => c.json(await fleetStatus(garden), 200));
}
