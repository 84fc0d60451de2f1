// docs/openapi.json: the HTTP interface as the routes declare it, and the types that the web UI takes from it.
// `npm run openapi -- --write` renews both; without --write it fails when a committed one is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import { routesDocument } from '../packages/gardener/src/server/routes-document.js';

const HEAD = '// Made from docs/openapi.json by `npm run openapi -- --write`; not to be edited.\n\n';

const document = JSON.parse(JSON.stringify(routesDocument())) as { paths: object };
// The routes stay out: pages name what they send and get by its schema.
const types = await openapiTypes(
  { ...document, paths: {} } as never,
  // A field with a default may be left out by who asks.
  { alphabetize: true, defaultNonNullable: false, rootTypes: true, rootTypesNoSchemaPrefix: true },
);

const files = {
  'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  'packages/web/src/api/schemas.generated.ts': HEAD + astToString(types),
};
for (const [name, text] of Object.entries(files)) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (process.argv.includes('--write')) {
    writeFileSync(file, text);
    process.stdout.write(`${name} written\n`);
  } else if (read(file) !== text) {
    process.stdout.write(`${name} is stale\ntry: npm run openapi -- --write\n`);
    process.exitCode = 1;
  } else process.stdout.write(`openapi: ${name} is current\n`);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
