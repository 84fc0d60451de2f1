import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { comparisonSchema, readComparison } from '../../training/evaluation/compare/comparison.js';
import { inProject, json, problems } from '../contract/route.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';

const comparison = comparisonSchema
  .extend({
    bases: z.array(comparisonSchema.shape.bases.element.meta({ id: 'ComparedBase' })),
    // What older comparisons lack is there once they have been read.
    gaps: comparisonSchema.shape.gaps.unwrap(),
  })
  .meta({ id: 'Comparison' });

const getComparison = createRoute({
  method: 'get',
  path: '/api/projects/{project}/comparison',
  summary: 'What gardener models compare found last: base models measured on the held-out files of a project',
  request: { params: inProject },
  responses: {
    200: json(
      z.object({ comparison: z.union([comparison, z.null()]) }).openapi('LastComparison'),
      'Null before the first comparison.',
    ),
    ...problems,
  },
});

export function addComparisonRoutes(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(getComparison, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    return c.json({ comparison: await readComparison(garden.paths, project.id) }, 200);
  });
}
