import { z } from 'zod';

const count = z.number().min(0);
/** A figure that may be unknown; JSON has no NaN, so a NaN arrives as null too. */
const figure = z.number().nullable();

/**
 * The events of a training engine that events.jsonl holds as the engine said them, by their type: what each
 * carries beside its type. The one definition of them: the schema of events.jsonl (run-events.ts) and that of an
 * engine's events are made from it.
 */
export const TRAINING_EVENTS = {
  plan: { steps: count, tokensPerSecond: figure },
  'step-end': {
    step: count,
    steps: count,
    /** Nats a target token, as are all losses. */
    loss: figure,
    learningRate: figure,
    tokensPerSecond: figure,
    etaMs: figure,
    peakMemoryBytes: figure,
  },
  /** The loss on the validation examples, which choose the checkpoint. `best`: the state is the best one so far. */
  'validation-end': { step: count, loss: figure, best: z.boolean() },
  'checkpoint-save': { step: count },
  /** The work waits for a reason outside of it, one sentence, until `go-on`. */
  wait: { reason: z.string() },
  'go-on': {},
} as const;
