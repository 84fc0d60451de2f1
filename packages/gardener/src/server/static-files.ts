import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';

/** Where the build of packages/web lies: in dist/, also when the sources run. */
export const WEB_DIRECTORY = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** Paths that are never a page. */
const NOT_PAGES = /^\/(api|v1|mcp|health|assets)(\/|$)/;
/** One name, no folder: a path of a request cannot leave the directory. */
const FILE_NAME = /^[\w-][\w.-]{0,200}$/;
const HASHED = 'public, max-age=31536000, immutable';

const MEDIA_TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

const NO_UI = `The web UI has not been built.

In a checkout of Codebase Gardener, build it with:

  npm run build

The API is here: /api/openapi.json, /v1 (OpenAI), /mcp (MCP).
`;

/**
 * Serves the web UI: its assets, whose names carry a hash, for ever; index.html for every other path, since the pages'
 * addresses are the client's own.
 */
export function addStaticFiles(app: OpenAPIHono, directory = WEB_DIRECTORY): void {
  app.get('/assets/:name', async (c, next) => {
    const name = c.req.param('name');
    return (await fileAnswer(c, join(directory, 'assets'), name, HASHED)) ?? next();
  });
  app.get('*', async (c, next) => {
    const { path } = c.req;
    if (NOT_PAGES.test(path)) return next();
    const file = await fileAnswer(c, directory, path.slice(1), 'no-cache');
    return file ?? (await fileAnswer(c, directory, 'index.html', 'no-cache')) ?? c.text(NO_UI, 404);
  });
}

async function fileAnswer(
  c: Context,
  folder: string,
  name: string,
  caching: string,
): Promise<Response | null> {
  const mediaType = MEDIA_TYPES[extname(name)];
  if (!FILE_NAME.test(name) || mediaType === undefined) return null;
  const bytes = await readFile(join(folder, name)).catch(() => null);
  if (bytes === null) return null;
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = { 'content-type': mediaType, 'cache-control': caching, etag: tag };
  if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers);
  return c.body(bytes, 200, headers);
}
