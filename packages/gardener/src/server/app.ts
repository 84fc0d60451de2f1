import type { Writable } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { GardenerError } from '../garden/errors/garden-error.js';
import { currentSettings } from '../garden/settings/follow-settings.js';
import { addAdapterRoutes } from './api/adapters.js';
import { addAskRoutes } from './api/ask.js';
import { addComparisonRoutes } from './api/comparison.js';
import { addConversationRoutes } from './api/conversations.js';
import { addEventRoutes } from './api/events.js';
import { addFileRoutes } from './api/files.js';
import { addFleetRoutes } from './api/fleet.js';
import { addFolderRoutes } from './api/folders.js';
import { addHealthRoutes } from './api/health.js';
import { addMachineRoutes } from './api/machine.js';
import { addModelRoutes } from './api/models.js';
import { addProjectRoutes } from './api/projects.js';
import { addRunRoutes } from './api/runs.js';
import { addCodeRoutes } from './api/search/code.js';
import { addSearchRoutes } from './api/search/search.js';
import { addSettingRoutes } from './api/settings.js';
import { type ErrorAnswer, errorAnswer } from './contract/error-answer.js';
import { openApiDocument } from './contract/openapi-document.js';
import { newApi } from './contract/route.js';
import { addInfill } from './editors/infill.js';
import { addMistralFim } from './editors/mistral-fim.js';
import { addOllamaModels } from './editors/ollama-models.js';
import { addOllamaWriting } from './editors/ollama-writing.js';
import { type Access, guardOrigin, guardToken } from './guard/guard.js';
import { DEFAULT_LIMITS, type Limits, Slots } from './guard/limits.js';
import { receiveBody } from './guard/receive-body.js';
import { TOKEN_PAGE_STYLE } from './guard/token-page.js';
import { addMcp } from './mcp/http.js';
import { addChatCompletions } from './openai/chat-completions.js';
import { addCompletions } from './openai/completions.js';
import { addEmbeddings } from './openai/embeddings.js';
import { asOpenAiError } from './openai/error-shape.js';
import { addOpenAiModels } from './openai/models.js';
import type { ServerContext } from './state/context.js';
import { isStopping } from './state/generation.js';
import { addStaticFiles } from './static-files.js';

/** How an app is put together. */
export interface AppOptions {
  access: Access;
  limits?: Limits;
  /** Where the web UI's build lies. */
  webDirectory?: string;
}

/** Everything that the server answers, as one function from request to response. */
export function createApp(
  context: ServerContext,
  { access, limits = DEFAULT_LIMITS, webDirectory }: AppOptions,
): OpenAPIHono {
  const app = newApi();
  app.onError((error, c) => {
    const told = errorAnswer(error instanceof HTTPException ? malformed(error) : error);
    // Who has gone away is told nothing, and is no failure.
    const isGone = c.req.raw.signal.aborted;
    if (told.status === 500 && !isGone)
      context.garden.log.error({ err: error, path: c.req.path }, 'request failed');
    for (const [name, value] of Object.entries(told.headers)) c.header(name, value);
    return c.json(errorBody(c.req.path, told), told.status);
  });
  app.use(securityHeaders());
  app.use(guardOrigin(access), guardToken(access), receiveBody(limits.body));
  app.use(limitRequests(new Slots(limits.requests, 'requests'), context.stopping));
  app.use(async (_c, next) => {
    await currentSettings(context.garden);
    await next();
  });
  addApi(app, context);
  app.get('/api/openapi.json', (c) => c.json(openApiDocument(app, context.version)));
  addMcp(app, context);
  addStaticFiles(app, webDirectory);
  app.notFound((c) => {
    throw noSuchPath(app, c.req.method, c.req.path);
  });
  return app;
}

/** Paths of Ollama's API, whose clients expect its errors. */
const OLLAMA = /^\/api\/(generate|chat|tags|show|version)$/;

/** An error in the shape that the clients of a path know. */
function errorBody(path: string, told: ErrorAnswer): object {
  if (path.startsWith('/v1/')) return asOpenAiError(told);
  const { message, remedy } = told.body.error;
  return OLLAMA.test(path) ? { error: `${message} ${remedy}` } : told.body;
}

/** The documented routes. */
export function addApi(app: OpenAPIHono, context: ServerContext): void {
  addHealthRoutes(app, context);
  addProjectRoutes(app, context);
  addFleetRoutes(app, context);
  addRunRoutes(app, context);
  addAdapterRoutes(app, context);
  addComparisonRoutes(app, context);
  addFileRoutes(app, context);
  addSearchRoutes(app, context);
  addCodeRoutes(app, context);
  addConversationRoutes(app, context);
  addAskRoutes(app, context);
  addFolderRoutes(app, context);
  addEventRoutes(app, context);
  addSettingRoutes(app, context);
  addModelRoutes(app, context);
  addMachineRoutes(app, context);
  addOpenAiModels(app, context);
  addChatCompletions(app, context);
  addCompletions(app, context);
  addEmbeddings(app, context);
  addInfill(app, context);
  addMistralFim(app, context);
  addOllamaModels(app, context);
  addOllamaWriting(app, context);
}

/** The UI loads nothing from elsewhere, runs no inline script, and stands in no foreign frame. */
function securityHeaders() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", TOKEN_PAGE_STYLE],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    // http on this machine: there is no certificate to insist on.
    strictTransportSecurity: false,
  });
}

/** A request holds its place until its answer is sent or its client is gone: a stream only begins when `next` ends. */
function limitRequests(slots: Slots, stopping: AbortSignal) {
  return async (c: Context, next: () => Promise<void>) => {
    if (stopping.aborted) throw isStopping();
    const release = slots.take();
    const answer: Writable | undefined = (c.env as Partial<HttpBindings> | undefined)?.outgoing;
    // Without a connection, as in a test of the app alone, nobody tells when a stream ends.
    if (answer === undefined || answer.closed) await next().finally(release);
    else {
      answer.once('close', release);
      await next();
    }
  };
}

/** What Hono itself refuses: a body that is no JSON. */
function malformed(cause: HTTPException): GardenerError {
  return new GardenerError('server.bad-request', 'The body is not JSON.', {
    remedy: 'Send one JSON value, in UTF-8.',
    cause,
  });
}

/** Says when the path is right and the method is not. */
function noSuchPath(app: OpenAPIHono, method: string, path: string): GardenerError {
  const methods = app.routes
    .filter((route) => route.method !== 'ALL' && route.path !== '*' && patternOf(route.path).test(path))
    .map((route) => route.method);
  if (methods.length === 0 || methods.includes(method)) {
    return new GardenerError('server.not-found', `There is nothing at ${path.slice(0, 200)}.`, {
      remedy: 'GET /api/openapi.json lists what there is.',
    });
  }
  const allowed = [...new Set(methods)].sort();
  return new GardenerError(
    'server.method-not-allowed',
    `${method} is not possible at ${path.slice(0, 200)}.`,
    {
      remedy: `Use ${allowed.join(' or ')}.`,
      details: { allowed },
    },
  );
}

function patternOf(path: string): RegExp {
  const parts = path
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
