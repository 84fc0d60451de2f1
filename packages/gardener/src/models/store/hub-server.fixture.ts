import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** How the server treats the GET requests of its file, one entry a request; the last one stays. */
export type Behaviour = 'whole' | 'cut' | 'stall' | 'ignore-range' | 'error' | 'page';

/** A local server that speaks the model hub's API for one file, or a few. */
export interface HubServer {
  address: string;
  /** `METHOD range` of every request, in order. */
  requests: string[];
  close(): Promise<void>;
}

/** What {@link startHubServer} serves. */
export interface HubServerOptions {
  /** Path without the leading slash, `owner/name/resolve/main/file`. */
  path: string;
  contents: Buffer;
  /** More files by their paths. */
  others?: Record<string, Buffer>;
  behaviour?: Behaviour[];
  /** Announced instead of the real hash. */
  announcedSha256?: string;
  /** Announced for every file instead of its real size. */
  announcedBytes?: number;
  /** What the hub says of the repository. */
  description?: Record<string, unknown>;
  /**
   * Folder in which what comes is kept: a connection is cut once all that was sent is there. Defaults to 50 ms after it
   * was sent.
   */
  keptIn?: string;
  /** Told of every request by its path. */
  onRequest?: (path: string) => void;
  /** Defaults to a free one. */
  port?: number;
}

/** Starts the server on a free port of the loopback interface; files live behind a redirect, as on the real hub. */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const behaviour = [...(options.behaviour ?? ['whole'])];
  const requests: string[] = [];
  const files = new Map(Object.entries({ [options.path]: options.contents, ...options.others }));
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.range ?? '-'}`.trim());
    options.onRequest?.(request.url ?? '');
    const path = request.url?.replace(/^\/(storage\/)?/, '') ?? '';
    const contents = files.get(path);
    if (request.url?.startsWith('/storage/') && contents) {
      const next = behaviour.length > 1 ? behaviour.shift() : behaviour[0];
      serve(contents, next ?? 'whole', request, response, options.keptIn);
    } else if (contents) {
      response.writeHead(302, {
        location: `/storage/${path}`,
        'x-linked-size': options.announcedBytes ?? contents.length,
        'x-linked-etag': `"${options.announcedSha256 ?? createHash('sha256').update(contents).digest('hex')}"`,
      });
      response.end();
    } else if (options.description && request.url?.startsWith('/api/models/')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(options.description));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function serve(
  contents: Buffer,
  behaviour: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
  keptIn: string | undefined,
): void {
  if (behaviour === 'error') {
    response.writeHead(503).end();
    return;
  }
  if (behaviour === 'page') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
    return;
  }
  const match = behaviour === 'ignore-range' ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = match?.[1] === undefined ? 0 : Number(match[1]);
  const rest = contents.subarray(start);
  response.writeHead(match === null ? 200 : 206, {
    'content-length': rest.length,
    ...(match !== null && { 'content-range': `bytes ${start}-${contents.length - 1}/${contents.length}` }),
  });
  if (behaviour === 'whole' || behaviour === 'ignore-range') {
    response.end(rest);
    return;
  }
  const half = rest.subarray(0, Math.floor(rest.length / 2));
  // What is cut while it is on its way is lost, on a busy machine much of it.
  response.write(half, async () => {
    if (behaviour !== 'cut') return;
    if (keptIn === undefined) await setTimeout(50);
    else while (!response.destroyed && !(await hasPart(keptIn, start + half.length))) await setTimeout(5);
    response.destroy();
  });
}

/** Whether a part of that size lies somewhere in a folder. */
async function hasPart(folder: string, bytes: number): Promise<boolean> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.part')) continue;
    const size = await stat(join(folder, name)).then(
      (facts) => facts.size,
      () => null,
    );
    if (size === bytes) return true;
  }
  return false;
}
