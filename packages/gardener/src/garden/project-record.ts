import { z } from 'zod';

/** How far the training of a project is. The gate's refusal is `completed`; too little code is `not_started`. */
export const trainingStatusSchema = z.enum([
  'not_started',
  'queued',
  'preparing',
  'training',
  'paused',
  'evaluating',
  'completed',
  'failed',
  'cancelled',
]);

/** See `trainingStatusSchema`. */
export type TrainingStatus = z.infer<typeof trainingStatusSchema>;

/** projects/<id>/project.json. */
export const projectRecordSchema = z.object({
  schemaVersion: z.literal(1),
  /** Random, never used again. */
  id: z.string().regex(/^[a-z2-7]{10,32}$/),
  /** Unique in the data directory. */
  name: z.string().min(1).max(200),
  /** Absolute, symbolic links resolved. */
  path: z.string().min(1),
  /** Id of the base model in the catalogue. */
  baseModel: z.string().min(1),
  /** ISO 8601. */
  createdAt: z.string(),
  trainingStatus: trainingStatusSchema,
  /** One sentence for the status, or null. */
  trainingReason: z.string().nullable(),
  /** Version of the adapter that answers, or null when the base model does. */
  promotedAdapter: z.number().int().positive().nullable(),
});

/** See `projectRecordSchema`. */
export type ProjectRecord = z.infer<typeof projectRecordSchema>;
