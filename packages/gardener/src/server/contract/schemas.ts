import { z } from '@hono/zod-openapi';
import { sourceSchema } from '../../chat/conversations/exchange.js';
import { trainingStatusSchema } from '../../garden/project-record.js';
import { runErrorSchema, runEventSchemaWith } from '../../garden/runs/run-events.js';
import { runKindSchema } from '../../garden/runs/runs.js';
import { MAX_ADAPTER_STRENGTH } from '../../garden/settings/settings.js';
import { scorecardSchema, useVerdictSchema } from '../../training/evaluation/scorecard.js';

const figure = z.number().nullable();
const reasons = z.record(z.string(), z.number());

// A named schema that may be null is a union: `.nullable()` would make the name itself nullable.
// Schemas of the rooms above were made without the OpenAPI extension; it reads their meta data all the same.
const { noRetrieval: metricsSchema } = scorecardSchema.shape.base.shape;
const { bitsPerByte, fimExactMatch, fimEditSimilarity, ...metrics } = metricsSchema.shape;
// What older scorecards lack is there once they have been read.
const figures = z.object({
  ...metrics,
  bitsPerByte: bitsPerByte.unwrap(),
  fimExactMatch: fimExactMatch.unwrap(),
  fimEditSimilarity: fimEditSimilarity.unwrap(),
});
const arm = z.object({ noRetrieval: figures, retrieval: figures });
const { predecessor, strength, strengthChoice, retrievalChoice, twoByTwo, memorised, strings, leaked } =
  scorecardSchema.shape;
const useVerdict = useVerdictSchema
  .extend({ retrieved: useVerdictSchema.shape.retrieved.unwrap() })
  .nullable();
export const scorecard = scorecardSchema
  .extend({
    ...{ base: arm, adapter: arm },
    predecessor: predecessor.unwrap(),
    strength: strength.unwrap(),
    strengthChoice: strengthChoice.unwrap(),
    retrievalChoice: retrievalChoice.unwrap(),
    twoByTwo: twoByTwo.unwrap(),
    memorised: memorised.unwrap(),
    strings: strings.unwrap(),
    leaked: leaked.unwrap(),
    uses: z.object({ completion: useVerdict, answers: useVerdict }).nullable(),
  })
  .meta({ id: 'Scorecard' });
/** A scorecard that cannot be read, such as one of a newer Gardener, is null. */
export const runEvent = runEventSchemaWith(z.union([scorecard, z.null()])).meta({ id: 'RunEvent' });
const runError = runErrorSchema.meta({ id: 'RunError' });
export const source = sourceSchema.meta({ id: 'Source' });

/** How strong the adapter of a request is to be. */
export const strengthWish = z.number().min(0).max(MAX_ADAPTER_STRENGTH).optional().openapi({
  description:
    "Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose.",
});

/** What answers, and why. */
export const answeringAdapter = z
  .object({
    version: z.number().nullable().openapi({ description: 'null = the base model' }),
    strength: z
      .number()
      .nullable()
      .openapi({ description: 'How much of its own effect the adapter had; null for the base model.' }),
    reason: z.string(),
  })
  .openapi('AnsweringAdapter');

/** Which project something is told of. */
export const projectFields = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  baseModel: z.string(),
  isAway: z.boolean().openapi({ description: 'There is no folder at `path` any more, or not now.' }),
});

/** How far an index is. */
export const indexState = z.enum(['none', 'building', 'ready', 'damaged']);

export const statusSchema = z
  .object({
    project: projectFields,
    index: z.object({
      state: indexState,
      files: z.object({ seen: z.number(), indexed: z.number(), skipped: reasons, failed: reasons }),
      chunks: z.number(),
      vectors: z.number().openapi({
        description: 'Chunks that are found by meaning too; the others by words and names so far.',
      }),
      commit: z.string().nullable(),
      changedSince: figure,
    }),
    training: z.object({
      status: trainingStatusSchema,
      reason: z.string().nullable(),
      step: figure,
      steps: figure,
      loss: figure,
      etaMs: figure,
      tokensPerSecond: figure,
      peakMemoryBytes: figure,
      error: z.union([runError, z.null()]),
    }),
    adapter: z.object({
      version: figure,
      promoted: z.boolean(),
      reason: z.string().nullable(),
      serves: z.object({ completion: z.enum(['adapter', 'base']), answers: z.enum(['adapter', 'base']) }),
    }),
    completions: z
      .object({
        by: z.enum(['adapter', 'base']),
        retrieval: z.boolean().openapi({ description: 'Whether related code is shown to the model.' }),
        reason: z.string().nullable().openapi({ description: 'null where nothing was measured.' }),
      })
      .openapi({ description: 'How code is completed where a request does not say.' }),
    scorecard: z.union([scorecard, z.null()]),
  })
  .openapi('Status');

/** One word for what a project is about. */
export const glanceSchema = z
  .enum(['none', 'indexing', 'queued', 'training', 'paused', 'evaluating', 'ready', 'base-only', 'error'])
  .openapi('Glance');

export const projectSchema = statusSchema
  .extend({
    active: z.boolean(),
    createdAt: z.string(),
    run: z
      .object({
        id: z.string(),
        kind: runKindSchema,
        status: trainingStatusSchema,
        finished: z.boolean(),
        stage: z.string().nullable(),
        done: figure,
        total: figure,
        label: z.string().nullable(),
        startedAt: z.string().nullable(),
        updatedAt: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: 'The run under way or the last one; null before the first.' }),
    glance: glanceSchema,
    progress: figure.openapi({ description: '0 to 1 of what `glance` names.' }),
    etaMs: figure,
    watching: z.boolean().openapi({ description: 'Whether this server follows the edits of the project.' }),
  })
  .openapi('Project');

export type ProjectView = z.infer<typeof projectSchema>;

export const runSchema = z
  .object({
    id: z.string(),
    kind: runKindSchema,
    createdAt: z.string(),
    status: trainingStatusSchema,
    reason: z.string().nullable(),
    finished: z.boolean(),
    step: z.number(),
    steps: figure,
    loss: figure,
    validationLoss: figure,
    tokensPerSecond: figure,
    peakMemoryBytes: figure,
    etaMs: figure,
    error: z.union([runError, z.null()]),
    adapterVersion: figure,
    promoted: z.boolean(),
    updatedAt: z.string().nullable(),
    budgetMs: figure,
  })
  .openapi('Run');

export type RunView = z.infer<typeof runSchema>;
export type RunEventView = z.infer<typeof runEvent>;
