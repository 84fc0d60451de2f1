import type { LoraAdapter } from '../adapter/adapter.js';
import type { Precision } from '../transformer/decoder/block-context.js';
import type { Activations } from '../transformer/decoder/model-graph.js';

/** Why training ended. */
export type EndReason = 'steps' | 'budget' | 'early-stop' | 'memory' | 'aborted';

/** What a training comes to. */
export interface TrainResult {
  /** The best state seen on the validation examples; the last one without any. */
  adapter: LoraAdapter;
  reason: EndReason;
  /** Steps trained. */
  step: number;
  /** The step after which the adapter was as it is here. */
  bestStep: number;
  /** Its loss on the validation examples, nats a target token, float32; null without any. */
  validationLoss: number | null;
}

/** What happens during training, in order. Losses are nats a target token, token-weighted. */
export type TrainEvent =
  /** The precision that was chosen, and why in one sentence. */
  | { type: 'start'; precision: Precision; reason: string }
  /** A checkpoint was there: training goes on after this step. */
  | { type: 'resume'; step: number }
  /** So many steps fit. */
  | { type: 'plan'; steps: number; tokensPerSecond: number }
  | {
      type: 'step-end';
      step: number;
      steps: number;
      loss: number;
      gradientNorm: number;
      learningRate: number;
      /** Row tokens (padding included) a second, over the last steps. */
      tokensPerSecond: number;
      etaMs: number;
      peakMemoryBytes: number;
    }
  | {
      type: 'validation-end';
      step: number;
      /** The share of the state's effect that was measured: less than 1 where all of it forgets too much. */
      strength: number;
      /** On the validation examples, float32. */
      loss: number;
      /** Whether no state before was better: then it is kept, at that strength. */
      best: boolean;
      /** By what share the loss on `evaluation.retained` is above the base model's; null without. */
      retainedRise: number | null;
    }
  | { type: 'checkpoint-save'; step: number }
  /** Training waits, see `Courtesy`, until `go-on`. */
  | { type: 'wait'; reason: string }
  | { type: 'go-on' }
  /**
   * Memory is short: from now on 8-bit weights lie in memory once or once for each direction, activations are kept or
   * computed again, and so many rows are computed at once.
   */
  | { type: 'lighten'; rows: number; activations: Activations; singleCopy: boolean }
  /** The loss of `step` exploded: training is back at `toStep`, with the learning rate times the factor. */
  | { type: 'turn-back'; step: number; toStep: number; learningRateFactor: number }
  | ({ type: 'train-end' } & TrainResult);
