import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  type Conversation,
  listConversationTitles,
  newConversation,
  openConversation,
  removeConversation,
  titleOf,
} from '../../chat/conversations/conversation.js';
import { exchangeSchema } from '../../chat/conversations/exchange.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { inProject, json, problems } from '../contract/route.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';

export const inConversation = inProject.extend({
  conversation: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .openapi({ param: { name: 'conversation', in: 'path' }, description: 'Id of a conversation.' }),
});

const exchange = exchangeSchema.meta({ id: 'Exchange' });

const listAll = createRoute({
  method: 'get',
  path: '/api/projects/{project}/conversations',
  summary: 'The conversations of a project, the one used last first',
  request: { params: inProject },
  responses: {
    200: json(
      z
        .object({
          conversations: z.array(
            z
              .object({ id: z.string(), title: z.string(), exchanges: z.number(), usedAt: z.string() })
              .openapi('ConversationSummary'),
          ),
        })
        .openapi('ConversationList'),
      'The title is the first question, cut.',
    ),
    ...problems,
  },
});

const begin = createRoute({
  method: 'post',
  path: '/api/projects/{project}/conversations',
  summary: 'Begin a conversation; it is kept from its first exchange on',
  request: { params: inProject },
  responses: { 201: json(z.object({ id: z.string() }).openapi('NewConversation'), 'Its id.'), ...problems },
});

const read = createRoute({
  method: 'get',
  path: '/api/projects/{project}/conversations/{conversation}',
  summary: 'A conversation, oldest exchange first',
  request: { params: inConversation },
  responses: {
    200: json(
      z.object({ id: z.string(), title: z.string(), exchanges: z.array(exchange) }).openapi('Conversation'),
      'The last 500 exchanges.',
    ),
    ...problems,
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/api/projects/{project}/conversations/{conversation}',
  summary: 'Delete a conversation',
  request: { params: inConversation },
  responses: { 204: { description: 'Deleted.' }, ...problems },
});

const SHOWN_EXCHANGES = 500;

export function addConversationRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden } = context;
  const { paths } = garden;

  app.openapi(listAll, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const conversations = (await listConversationTitles(paths, project.id)).map(({ usedMs, ...rest }) => ({
      ...rest,
      usedAt: new Date(usedMs).toISOString(),
    }));
    return c.json({ conversations }, 200);
  });

  app.openapi(begin, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const conversation = newConversation(paths, project.id);
    context.begun.set(keyOf(project, conversation.id), conversation);
    return c.json({ id: conversation.id }, 201);
  });

  app.openapi(read, async (c) => {
    const { project: key, conversation: id } = c.req.valid('param');
    const conversation = await findConversation(context, await findProject(garden, key), id);
    const exchanges = await conversation.recent(SHOWN_EXCHANGES);
    return c.json({ id, title: titleOf(exchanges), exchanges }, 200);
  });

  app.openapi(remove, async (c) => {
    const { project: key, conversation: id } = c.req.valid('param');
    const project = await findProject(garden, key);
    const isBegun = context.begun.delete(keyOf(project, id));
    // Asked for by the same error as everywhere when there is none.
    if (!(await removeConversation(paths, project.id, id)) && !isBegun)
      await openConversation(paths, project.id, id);
    return c.body(null, 204);
  });
}

/** A conversation of a project, also one that has no exchange yet. @throws GardenerError `chat.unknown-conversation` */
export async function findConversation(
  { garden, begun }: ServerContext,
  project: ProjectRecord,
  id: string,
): Promise<Conversation> {
  return begun.get(keyOf(project, id)) ?? openConversation(garden.paths, project.id, id);
}

const keyOf = ({ id }: ProjectRecord, conversation: string) => `${id}/${conversation}`;
