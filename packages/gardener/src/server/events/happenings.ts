import { z } from '@hono/zod-openapi';
import { errorSchema, streamed } from '../contract/route.js';
import { runEvent } from '../contract/schemas.js';

const projectChange = z.enum(['added', 'removed', 'updated', 'promoted', 'active', 'index']);

/** How a project has changed. */
export type ProjectChange = z.infer<typeof projectChange>;

const inRun = z.object({ projectId: z.string(), runId: z.string(), event: runEvent }).openapi('RunHappening');
const inProject = z.object({ projectId: z.string(), change: projectChange }).openapi('ProjectHappening');
const ofModel = z
  .object({
    model: z.string(),
    state: z.enum(['downloading', 'ready', 'failed', 'cancelled']),
    doneBytes: z.number(),
    totalBytes: z.number().nullable(),
    error: errorSchema.shape.error.optional().openapi({ description: 'With `failed`.' }),
  })
  .openapi('ModelHappening');

/** What clients are told, as it happens. */
export const happeningSchema = z
  .discriminatedUnion('event', [
    streamed('run', inRun),
    streamed('project', inProject),
    streamed('model', ofModel),
    streamed('settings', z.object({})),
    streamed('reset', z.object({})),
    streamed('shutdown', z.object({})),
  ])
  .openapi('Happening');

/** See `happeningSchema`. */
export type Happening = z.infer<typeof happeningSchema>;
