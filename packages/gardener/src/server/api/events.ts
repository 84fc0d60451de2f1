import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { eventStream, problems } from '../contract/route.js';
import { happeningSchema } from '../events/happenings.js';
import { streamEvents } from '../events/stream-events.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';

const DESCRIPTION = `Server-sent events, each with an id to resume from (Last-Event-ID):
- \`run\`: index progress, training steps, evaluation, errors
- \`project\`: something of it has changed; fetch it anew
- \`model\`: a download
- \`settings\`: they have changed
- \`reset\`: the id is unknown (another start of the server, too far behind); fetch everything anew
- \`shutdown\`: the server ends`;

const getEvents = createRoute({
  method: 'get',
  path: '/api/events',
  summary: 'What happens, as it happens',
  description: DESCRIPTION,
  request: {
    query: z.object({ project: z.string().max(200).optional(), lastEventId: z.string().max(100).optional() }),
    headers: z.object({ 'last-event-id': z.string().max(100).optional() }),
  },
  responses: {
    200: eventStream(happeningSchema, 'A stream without end.'),
    ...problems,
  },
});

export function addEventRoutes(app: OpenAPIHono, { garden, events, stopping }: ServerContext): void {
  app.openapi(getEvents, async (c) => {
    const { project: key, lastEventId } = c.req.valid('query');
    const projectId = key ? (await findProject(garden, key)).id : null;
    const last = c.req.valid('header')['last-event-id'] ?? lastEventId ?? null;
    return streamEvents(c, { log: events, projectId, lastEventId: last || null, stopping }) as never;
  });
}
