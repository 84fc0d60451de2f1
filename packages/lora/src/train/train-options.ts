import type { LoraAdapter } from '../adapter/adapter.js';
import { LoraError } from '../errors.js';
import type { BaseWeights } from '../transformer/base-model.js';
import { type AdapterConfig, TARGET_MODULES } from '../transformer/config/adapter-config.js';
import type { Precision } from '../transformer/decoder/block-context.js';
import type { FrozenWeights } from '../transformer/decoder/frozen-weights.js';
import type { Example } from './batches/example.js';
import type { Courtesy } from './courtesy.js';

/** What to train, on what, for how long. Everything but the data and the base has a default. */
export interface TrainOptions {
  base: BaseWeights;
  /** Examples to train on. */
  train: readonly Example[];
  /**
   * Examples that choose the best checkpoint and the moment to stop; never trained on. Not the ones that judge the
   * adapter afterwards: those must not have been looked at. Empty: the last state is kept.
   */
  validation: readonly Example[];
  /**
   * What must not be forgotten: a state with which the loss on these examples is more than `maxRise` (a share) above
   * the base model's never counts as the best. Without validation examples it is not looked at.
   */
  retained?: { examples: readonly Example[]; maxRise: number };
  /** Defaults: rank 16, alpha 32, dropout 0, all seven linear modules. */
  adapter?: Partial<AdapterConfig>;
  /** Peak learning rate. Defaults to 1e-3. */
  learningRate?: number;
  /** `cosine`: warm-up, then down to a tenth. `constant`: no warm-up either. Defaults to `cosine`. */
  schedule?: 'cosine' | 'constant';
  /** Steps of linear warm-up. Defaults to 20, at most a tenth of the steps. */
  warmupSteps?: number;
  /** Decoupled weight decay. Defaults to 0.01. */
  weightDecay?: number;
  /** Largest norm of the gradient. Defaults to 1; Infinity switches clipping off. */
  maxGradientNorm?: number;
  /** Tokens in a row. Defaults to 256. */
  sequenceLength?: number;
  /**
   * Rows computed at once. Defaults to 1, which takes least memory. Two of 256 tokens are a twentieth faster on a quiet
   * machine, a tenth slower beside a program that uses the memory much, and take 90 MB more.
   */
  rows?: number;
  /** Batches that make one step. Defaults to 2. */
  accumulation?: number;
  /** Steps to train. Defaults to what `budgetMs` and `maxEpochs` allow. */
  steps?: number;
  /** Wall time for training with its evaluations, ms; time before a resumed run's checkpoint counts. */
  budgetMs?: number;
  /**
   * Numbers of the frozen products: `int8` (about twice as fast, exact sums of rounded factors), `float32` (agrees with
   * PEFT to the last digits), `auto`: int8 where this CPU multiplies 8-bit integers exactly, see `largestWeightCode`.
   * Losses on validation examples are float32 always. Defaults to `auto`.
   */
  precision?: Precision | 'auto';
  /**
   * Largest code of a weight in 8-bit products, at most 127. Defaults to the largest with which this CPU's products are
   * exact: 127, and 64 (7 bits) on processors without VNNI.
   */
  largestWeightCode?: number;
  /**
   * Keep the products of the forward pass for the backward pass, instead of a block's input alone and
   * computing the rest twice: some 1.3 times as fast, for a third more memory (200 MB with the default base
   * and 256 tokens). Defaults to true.
   */
  keep?: boolean;
  /** Times the data may be seen. Defaults to 3. */
  maxEpochs?: number;
  /**
   * Steps between evaluations. Defaults to about a tenth of the run, such that they cost at most a tenth of the time.
   */
  evaluateEverySteps?: number;
  /** Evaluations without improvement before training stops. Defaults to 3. */
  patience?: number;
  /** Where checkpoints go, and where a stopped run is picked up. Without it nothing is saved. */
  checkpointDirectory?: string;
  /** Defaults to 30,000. */
  checkpointEveryMs?: number;
  /** Defaults to 0. */
  seed?: number;
  /** Threads. Defaults to ONNX Runtime's choice. */
  threads?: number;
  /**
   * Memory this process may take, bytes. What is wanted is made lighter until it fits: products computed
   * again instead of kept, then fewer rows at once. Watched while training too. Defaults to the smaller of 4
   * GB and half of what is free.
   */
  memoryBudgetBytes?: number;
  /** Memory this process takes now, bytes. Defaults to its resident set. */
  memoryUsed?: () => number;
  /** See `SessionOptions`; turn it off where something else needs the same cores. Defaults to true. */
  spinning?: boolean;
  /** When to wait and when to rest for others on the machine. Defaults to never. */
  courtesy?: Courtesy;
  /** Start from this adapter instead of a fresh one. */
  initialAdapter?: LoraAdapter;
  /** Tables already in memory; read from the base otherwise. */
  frozen?: FrozenWeights;
  /** Stops after the current step: a checkpoint is written and `train-end` says `aborted`. */
  signal?: AbortSignal;
}

/** Why training ended. */
export type EndReason = 'steps' | 'budget' | 'early-stop' | 'memory' | 'aborted';

/** What happens during training, in order. Losses are nats a target token, float32, token-weighted. */
export type TrainEvent =
  | { type: 'start'; precision: Precision; reason: string }
  | { type: 'resume'; step: number }
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
      type: 'heldout-end';
      step: number;
      loss: number;
      best: boolean;
      /** By what share the loss on `retained` is above the base model's; null without. */
      retainedRise: number | null;
    }
  | { type: 'checkpoint-save'; step: number }
  /** Training waits, see `Courtesy`, until `go-on`. */
  | { type: 'wait'; reason: string }
  | { type: 'go-on' }
  /** Memory ran short: from now on so many rows are computed at once, and products are kept or not. */
  | { type: 'lighten'; rows: number; keep: boolean }
  /** The loss of `step` exploded: training is back at `toStep`, with the learning rate times the factor. */
  | { type: 'turn-back'; step: number; toStep: number; learningRateFactor: number }
  | {
      type: 'train-end';
      reason: EndReason;
      /** The best state seen on the validation examples. */
      adapter: LoraAdapter;
      step: number;
      bestStep: number;
      /** Loss of the best state on the validation examples; null without any. */
      validationLoss: number | null;
    };

/** TrainOptions with the defaults filled in. */
export type ResolvedOptions = ReturnType<typeof resolveOptions>;

/**
 * Fills in the defaults and checks every value.
 * @throws LoraError `train.bad-option`, `train.no-examples`, `train.nothing-supervised`
 */
export function resolveOptions(options: TrainOptions) {
  const adapter: AdapterConfig = {
    rank: 16,
    alpha: 32,
    dropout: 0,
    targetModules: TARGET_MODULES,
    ...options.adapter,
  };
  const resolved = {
    schedule: 'cosine' as const,
    learningRate: 1e-3,
    warmupSteps: 20,
    weightDecay: 0.01,
    maxGradientNorm: 1,
    sequenceLength: 256,
    rows: 1,
    accumulation: 2,
    precision: 'auto' as Precision | 'auto',
    keep: true,
    spinning: true,
    maxEpochs: 3,
    patience: 3,
    checkpointEveryMs: 30_000,
    seed: 0,
    ...options,
    adapter,
  };
  checkOptions(resolved);
  checkExamples(resolved);
  return resolved;
}

type Checkable = TrainOptions & { adapter: AdapterConfig };

function checkOptions(options: Checkable & Record<string, unknown>): void {
  const { adapter } = options;
  const counts: [string, unknown][] = [
    ['adapter.rank', adapter.rank],
    ...[
      'sequenceLength',
      'rows',
      'accumulation',
      'maxEpochs',
      'patience',
      'steps',
      'evaluateEverySteps',
      'threads',
      'largestWeightCode',
    ]
      .filter((name) => options[name] !== undefined)
      .map((name): [string, unknown] => [name, options[name]]),
  ];
  for (const [name, value] of counts) {
    if (!Number.isInteger(value) || (value as number) < 1)
      throw badOption(name, value, 'a whole number of at least 1');
  }
  for (const [name, value] of [
    ['learningRate', options.learningRate],
    ['adapter.alpha', adapter.alpha],
    ['maxGradientNorm', options.maxGradientNorm],
    ['budgetMs', options.budgetMs ?? 1],
    ['memoryBudgetBytes', options.memoryBudgetBytes ?? 1],
    ['retained.maxRise', options.retained?.maxRise ?? 1],
  ] as const) {
    if (!(typeof value === 'number' && value > 0)) throw badOption(name, value, 'a number above 0');
  }
  if (!(adapter.dropout >= 0 && adapter.dropout < 1))
    throw badOption('adapter.dropout', adapter.dropout, 'in [0, 1)');
  if (!(options.weightDecay! >= 0)) throw badOption('weightDecay', options.weightDecay, 'at least 0');
  const unknown = adapter.targetModules.filter((module) => !TARGET_MODULES.includes(module));
  if (unknown.length > 0 || adapter.targetModules.length === 0) {
    throw badOption(
      'adapter.targetModules',
      `[${adapter.targetModules}]`,
      `some of ${TARGET_MODULES.join(', ')}`,
    );
  }
  const { contextLength } = options.base.config;
  if (options.sequenceLength! > contextLength) {
    throw badOption(
      'sequenceLength',
      options.sequenceLength,
      `at most the base model's context of ${contextLength}`,
    );
  }
}

function checkExamples(options: Checkable): void {
  if (options.train.length === 0) {
    throw new LoraError('train.no-examples', 'There are no examples to train on.', {
      remedy: 'Give at least one example.',
    });
  }
  const vocabulary = options.base.config.vocabularySize;
  for (const { tokens } of [...options.train, ...options.validation, ...(options.retained?.examples ?? [])]) {
    for (const token of tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new LoraError(
          'train.bad-example',
          `Token ${token} is not among the base model's ${vocabulary}.`,
          {
            remedy: 'Encode the examples with the tokenizer of this base model.',
          },
        );
      }
    }
  }
  if (options.train.some(({ supervised }) => supervised.subarray(1).some((bit) => bit !== 0))) return;
  throw new LoraError('train.nothing-supervised', 'No token of any example is a target of the loss.', {
    remedy: 'Mark the tokens to learn as supervised.',
  });
}

function badOption(name: string, value: unknown, expected: string): LoraError {
  return new LoraError(
    'train.bad-option',
    `The option ${name} is ${String(value)}; it has to be ${expected}.`,
    {
      remedy: 'Correct the value.',
      details: { option: name },
    },
  );
}
