import type { OpenAPIHono } from '@hono/zod-openapi';

const DESCRIPTION = `The HTTP interface of \`gardener serve\`. Every answer that is no success has the body
\`{error: {code, message, remedy, details?}}\`. \`{project}\` is an id or a name. Times are ISO 8601. docs/api.md explains it.`;

/** The OpenAPI 3.1 document of an app's routes; docs/openapi.json is it, written by scripts/write-openapi.ts. */
export function openApiDocument(app: OpenAPIHono, version: string) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Codebase Gardener', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
  });
}
