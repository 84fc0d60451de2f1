import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { createAdaptorServer } from '@hono/node-server';
import { LRUCache } from 'lru-cache';
import { Assistant } from '../chat/assistant.js';
import { CodeCompleter } from '../chat/completion/code-completer.js';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import { createApp } from './app.js';
import { EventLog } from './events/event-log.js';
import { watchGarden } from './events/watch-garden.js';
import { admittedOrigins } from './guard/admitted-origins.js';
import { accessFor, isLoopback } from './guard/guard.js';
import { DEFAULT_LIMITS, Slots } from './guard/limits.js';
import { refuseTunnels } from './guard/refuse-tunnels.js';
import { serverToken } from './guard/token.js';
import { nextFreePort, portOwner } from './listen/port-owner.js';
import { claimServer, releaseServer } from './listen/server-file.js';
import type { ServerContext } from './state/context.js';
import { ModelFetches } from './state/model-fetches.js';
import { ProjectFollowers } from './state/project-followers.js';

/** Options of {@link startServer}. */
export interface ServeOptions {
  /** Of Gardener. */
  version: string;
  /** Defaults to 127.0.0.1. Any other than a loopback address makes a token necessary. */
  host?: string;
  /** 0 takes any free one. */
  port: number;
  /** Names under which clients reach this machine, beside localhost, its address and its own name. */
  allowedHosts?: readonly string[];
  /** Origins of web pages that may use the server, beside those of the setting `allowedOrigins`. */
  allowedOrigins?: readonly string[];
  /** Asks for the token on this machine too. */
  requireToken?: boolean;
  webDirectory?: string;
}

/** A server that listens. */
export interface GardenServer {
  /** `http://127.0.0.1:4747` */
  url: string;
  port: number;
  /** What clients must show, or null where none is required. */
  token: string | null;
  /** What its routes work with. */
  context: ServerContext;
  /** Ends streams cleanly and closes everything; runs in the background go on. */
  close(): Promise<void>;
}

/** Conversations begun and not yet written to; the one used longest ago is forgotten first. */
const MAX_BEGUN = 1_000;
/** How long streams may take to end before their connections are cut. */
const CLOSE_PATIENCE_MS = 2_000;

/**
 * Serves a data directory.
 * @throws GardenerError `server.port-in-use`, `server.address-unavailable`, `server.already-running`
 */
export async function startServer(garden: Garden, options: ServeOptions): Promise<GardenServer> {
  const host = options.host ?? '127.0.0.1';
  const needsToken = options.requireToken === true || !isLoopback(host);
  const token = needsToken ? await serverToken(garden.paths) : null;
  const stopping = new AbortController();
  const context = createContext(garden, options.version, stopping.signal);
  const access = accessFor(host, token, {
    otherNames: [hostname(), `${hostname()}.local`, ...(options.allowedHosts ?? [])],
    admits: admittedOrigins(garden, options.allowedOrigins),
  });
  const { webDirectory } = options;
  const app = createApp(context, { access, ...(webDirectory === undefined ? {} : { webDirectory }) });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { headersTimeout: 10_000, requestTimeout: 60_000, maxHeaderSize: 64 * 1024 },
  }) as Server;
  refuseTunnels(server);
  // Those who ask, those whose bodies arrive, and those who keep a connection for later.
  server.maxConnections = 4 * DEFAULT_LIMITS.requests;
  const { url } = await claimServer(garden.paths, needsToken, () => listen(server, host, options.port)).catch(
    async (error) => {
      await context.assistant.close();
      throw error;
    },
  );
  const watching = watch(context);
  let closing: Promise<void> | null = null;
  const close = async () => {
    stopping.abort();
    await closeConnections(server);
    await watching;
    await context.followers.close();
    await context.assistant.close();
    await releaseServer(garden.paths);
  };
  return { url, port: Number(new URL(url).port), token, context, close: () => (closing ??= close()) };
}

/** What the routes work with; nothing is started yet. */
export function createContext(garden: Garden, version: string, stopping: AbortSignal): ServerContext {
  const events = new EventLog();
  const models = new ModelFetches(garden.paths, events, stopping);
  const assistant = new Assistant(garden, { modelProgress: (progress) => models.tell(progress) });
  const followers = new ProjectFollowers(garden, {
    useEmbedder: () => assistant.useEmbedder(),
    onUpdate: (projectId) => assistant.freshness.forget(projectId),
    onError: (error) => garden.log.warn({ err: error }, 'an index could not be followed'),
  });
  return {
    ...{ garden, version, events, models, assistant, followers, stopping },
    completer: new CodeCompleter(assistant, garden),
    startedAt: new Date().toISOString(),
    generations: new Slots(DEFAULT_LIMITS.generations, 'answers'),
    begun: new LRUCache({ max: MAX_BEGUN }),
  };
}

/** Tells clients what happens, follows the active project's edits, and keeps what is open up to date. */
async function watch(context: ServerContext): Promise<void> {
  const { garden, events, followers, assistant, stopping } = context;
  const active = await garden.registry.active().catch(() => null);
  if (active !== null) followers.use(active);
  const onError = (error: unknown) => garden.log.warn({ err: error }, 'watching the data directory failed');
  await watchGarden(garden, events, {
    signal: stopping,
    onError,
    onSettings: () => followers.restart().catch(onError),
    onChange: (project, change) => {
      assistant.freshness.forget(project.id);
      if (change === 'active' || change === 'index') followers.use(project);
      if (change === 'promoted') assistant.prepare(project, stopping).catch(onError);
      if (change === 'removed') {
        assistant.forget(project.id);
        followers.forget(project.id).catch(onError);
      }
    },
  });
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      listenError(error, host, port).then(reject, reject);
    });
    server.listen(port, host, () => {
      const { address, port: taken } = server.address() as AddressInfo;
      // Everywhere is no address to open: this machine is reached at its own.
      const name = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
      resolve(`http://${name.includes(':') ? `[${name}]` : name}:${taken}`);
    });
  });
}

async function listenError(error: NodeJS.ErrnoException, host: string, port: number): Promise<GardenerError> {
  if (error.code === 'EADDRINUSE') {
    const owner = await portOwner(host, port);
    const free = await nextFreePort(host, port);
    const by = owner === null ? '' : ` by ${owner}`;
    return new GardenerError('server.port-in-use', `Port ${port} is in use${by}.`, {
      remedy:
        free === null
          ? 'Take any free one with --port 0.'
          : `Take another: --port ${free}, or any free one with --port 0.`,
      details: { port, owner, free },
      cause: error,
    });
  }
  return new GardenerError(
    'server.address-unavailable',
    `The server cannot listen at ${host}:${port} (${error.code}).`,
    {
      remedy: 'Use an address of this machine and a port from 1024 to 65535.',
      details: { host, port },
      cause: error,
    },
  );
}

/** No new connections; streams see that the server stops and end by themselves, the rest is cut. */
async function closeConnections(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
  await closed;
  clearTimeout(timer);
}
