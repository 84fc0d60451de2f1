import { z } from 'zod';
import { TRAINING_EVENTS } from '../../garden/runs/training-events.js';

const count = z.number().min(0);
/** Null where unknown, which is also how a NaN crosses a process border. */
const figure = z.number().nullable();

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), ...shape });
}

/**
 * What an engine reports while it trains. An engine in another process or machine writes these as JSON lines; they are
 * checked against this schema there, and the type of every engine's events is made from it.
 */
export const engineEventSchema = z.discriminatedUnion('type', [
  /** First event: the arithmetic that was chosen, and why in one sentence. */
  event('start', { precision: z.string(), reason: z.string() }),
  /** Training goes on from the checkpoint of this step. */
  event('resume', { step: count }),
  event('plan', TRAINING_EVENTS.plan),
  event('step-end', TRAINING_EVENTS['step-end']),
  event('validation-end', {
    ...TRAINING_EVENTS['validation-end'],
    /** The share of the state's effect that was measured: less than 1 where all of it forgets too much. */
    strength: z.number().positive(),
    /** By what share the loss on general code is above the base model's; null where nothing must be retained. */
    retainedRise: figure,
  }),
  event('checkpoint-save', TRAINING_EVENTS['checkpoint-save']),
  event('wait', TRAINING_EVENTS.wait),
  event('go-on', TRAINING_EVENTS['go-on']),
  /** Memory is short: the same steps go on in smaller pieces, or with the weights in memory once. */
  event('lighten', { rows: count, keep: z.boolean(), singleCopy: z.boolean().default(false) }),
  /** The loss exploded: training is back at an earlier step, with a smaller learning rate. */
  event('turn-back', { step: count, toStep: count, learningRateFactor: z.number() }),
  /** Last event. Unless aborted, the adapter then lies in the run's output/. */
  event('train-end', {
    reason: z.enum(['steps', 'budget', 'early-stop', 'memory', 'aborted']),
    bestStep: count,
    /** Loss of the best state on the validation examples; null without any. */
    validationLoss: figure,
  }),
]);

/** See `engineEventSchema`. */
export type EngineEvent = z.infer<typeof engineEventSchema>;
