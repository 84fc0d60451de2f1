import { OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';

/**
 * An app whose requests are checked before a handler sees them: what does not fit is one
 * sentence, `server.bad-request`.
 */
export function newApi(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw badRequest(result.error, result.target);
    },
  });
}

function badRequest(error: z.ZodError, target: string): GardenerError {
  const issue = error.issues[0] && nearestIssue(error.issues[0]);
  const where = issue !== undefined && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return new GardenerError(
    'server.bad-request',
    `The ${WHERE[target] ?? target} does not fit: ${where}${issue?.message}.`,
    {
      remedy: 'See docs/api.md, or GET /api/openapi.json.',
      details: {
        issues: error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message })),
      },
    },
  );
}

/** What is wrong inside of a union: of its forms the one that fits furthest is the one that was meant. */
function nearestIssue(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flat().map(nearestIssue);
  const nearest = inner.sort((a, b) => b.path.length - a.path.length)[0];
  if (nearest === undefined || nearest.path.length === 0) return issue;
  return { path: [...issue.path, ...nearest.path], message: nearest.message };
}

const WHERE: Record<string, string> = { json: 'body', param: 'path', query: 'query' };

/** The body of every answer that is not a success. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .openapi('Error');

/** A JSON answer of a route. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/**
 * Server-sent events. OpenAPI 3.1 cannot describe a stream: the schema is that of one event, with its data parsed.
 */
export function eventStream<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'text/event-stream': { schema } } };
}

/** One kind of server-sent event; `data` is JSON. */
export function streamed<Name extends string, Data extends z.ZodType>(event: Name, data: Data) {
  return z.object({ event: z.literal(event), data });
}

/** A JSON body that a route needs. Its schema is a `strictObject`: a misspelt field is an error, not a default. */
export function body<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** What every route may answer instead of a success. */
export const problems = { default: json(errorSchema, 'What is wrong, and what to do about it.') } as const;

const projectKey = z
  .string()
  .min(1)
  .max(200)
  .openapi({
    param: { name: 'project', in: 'path' },
    description: 'Id or name of a project.',
    example: 'shop',
  });

export const inProject = z.object({ project: projectKey });

/** An event of a stream as it is sent, beside what its data spells. */
const serverSentEvent = z
  .object({ event: z.string().optional(), data: z.string() })
  .openapi('ServerSentEvent', {
    description: 'An event as it is sent: its data is the JSON of one of the others, or [DONE].',
  });

/** An answer as a whole or, where the request asks for it, as a stream of pieces. */
export function answerOrStream<Answer extends z.ZodType, Piece extends z.ZodType>(
  answer: Answer,
  piece: Piece,
  description: string,
) {
  return {
    description,
    content: {
      'application/json': { schema: answer },
      'text/event-stream': { schema: z.union([serverSentEvent, piece]) },
    },
  };
}
