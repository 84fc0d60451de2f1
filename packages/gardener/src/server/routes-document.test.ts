import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { routesDocument } from './routes-document.js';

const committed: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../docs/openapi.json'), 'utf8'),
);

it('is what docs/openapi.json says (npm run openapi -- --write renews it)', () => {
  expect(JSON.parse(JSON.stringify(routesDocument()))).toEqual(committed);
});

it('describes every route of the contract with a summary and what can be wrong', () => {
  const { openapi, paths } = routesDocument();
  expect(openapi).toBe('3.1.0');
  const routes = Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { summary?: string; responses: object }>).map(
      ([method, route]) => ({
        name: `${method} ${path}`,
        ...route,
      }),
    ),
  );
  expect(routes.length).toBeGreaterThan(35);
  for (const { name, summary, responses } of routes) {
    expect(summary, name).toMatch(/\S/);
    if (name !== 'get /health') expect(responses, name).toHaveProperty('default');
  }
});
