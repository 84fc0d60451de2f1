import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server was asked. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** An answer as S3's API documents it; `breakOff` ends the connection in the middle of it. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  breakOff?: boolean;
}

/**
 * A server that gives the answers of S3's API that a real one does not give when asked to: refusals, failures,
 * connections that break. What works is tested with a real server (s3-store.python.test.ts).
 */
export async function startScriptedS3(answer: (asked: Asked, n: number) => Answer) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const blocks: Buffer[] = [];
    for await (const block of request) blocks.push(block as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const one = {
      ...{ method: request.method ?? '', path: url.pathname, query: url.searchParams },
      ...{ headers: request.headers, body: Buffer.concat(blocks) },
    };
    asked.push(one);
    const { status = 200, headers = {}, body = '', breakOff = false } = answer(one, asked.length);
    response.writeHead(status, headers);
    if (breakOff) response.write(body, () => response.destroy());
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An error as S3 words it. */
export function s3Error(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>m</Message></Error>`;
}
