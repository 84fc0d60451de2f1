// docs/openapi.json: the HTTP interface as the routes declare it. `npm run openapi -- --write` renews it; without --write it fails
// when the committed document is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { routesDocument } from '../packages/gardener/src/server/routes-document.js';

const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
const text = `${JSON.stringify(routesDocument(), null, 2)}\n`;

if (process.argv.includes('--write')) {
  writeFileSync(file, text);
  process.stdout.write('docs/openapi.json written\n');
} else if (readFileSync(file, 'utf8') !== text) {
  process.stdout.write('docs/openapi.json is stale\ntry: npm run openapi -- --write\n');
  process.exitCode = 1;
} else process.stdout.write('openapi: docs/openapi.json is current\n');
