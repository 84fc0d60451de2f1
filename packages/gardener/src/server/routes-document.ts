import { readFileSync } from 'node:fs';
import { addApi } from './app.js';
import { openApiDocument } from './contract/openapi-document.js';
import { newApi } from './contract/route.js';
import type { ServerContext } from './state/context.js';

/** Stands where a context would: whatever is taken from it is it again. */
const untouched: ServerContext = new Proxy({} as ServerContext, { get: () => untouched });

/** The OpenAPI document of the routes, without a server: declaring a route touches nothing of the context. */
export function routesDocument() {
  const app = newApi();
  addApi(app, untouched);
  const manifest = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return openApiDocument(app, version);
}
