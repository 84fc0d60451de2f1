import type { LoraAdapter } from '../../adapter/adapter.js';
import type { BaseWeights } from '../../transformer/base-model.js';
import type { AdapterConfig } from '../../transformer/config/adapter-config.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import type { Activations } from '../../transformer/decoder/model-graph.js';
import type { Example } from '../batches/example.js';

/** What to train, on what, for how long. Everything but the base and the data has a default. */
export interface TrainOptions {
  base: BaseWeights;
  /** Examples to train on. */
  examples: readonly Example[];
  /**
   * Examples that choose the best state and the moment to stop; never trained on. Not the ones that judge the adapter
   * afterwards: those must not have been looked at. Empty: the last state is the result.
   */
  validation: readonly Example[];
  /** Shape and start of the adapter. */
  adapter?: AdapterOptions;
  /** How a gradient becomes a step. */
  optimizer?: OptimizerOptions;
  /** How many tokens make a step. */
  batch?: BatchOptions;
  /** How the best state is found. */
  evaluation?: EvaluationOptions;
  /** Steps to train. Defaults to what `budgetMs` and `maxEpochs` allow. */
  steps?: number;
  /**
   * Wall time for training with its evaluations, ms; what a resumed run had used before counts. Defaults to no limit.
   */
  budgetMs?: number;
  /** Times the examples may be seen. Defaults to 3. */
  maxEpochs?: number;
  /**
   * Order of the examples the first time they are seen: `shuffled`, or as they are `given`, for a caller who knows what
   * is learned first where the budget does not see all. Later epochs are shuffled. Defaults to `shuffled`.
   */
  firstEpoch?: 'given' | 'shuffled';
  /** Fixes the adapter's start, the order of the examples and dropout. Defaults to 0. */
  seed?: number;
  /** Where the run is saved, and picked up again. Without it nothing is saved. */
  checkpoint?: CheckpointOptions;
  /** Stops after the current step: a checkpoint is written and the run ends with the reason `aborted`. */
  signal?: AbortSignal;
  /** How the machine is used. */
  machine?: MachineOptions;
}

/**
 * Shape and start of the adapter. Defaults: rank 16, alpha 32, dropout 0, all seven linear modules; those of `initial`
 * where it is given.
 */
export interface AdapterOptions extends Partial<AdapterConfig> {
  /**
   * `alpha` is rank-stabilised LoRA's (https://arxiv.org/abs/2312.03732): the update is scaled by alpha / sqrt(rank).
   * The result is plain LoRA of the same strength, its alpha sqrt(rank) times as large, so that whoever reads it scales
   * alike. Defaults to false.
   */
  rankStabilised?: boolean;
  /**
   * The matrices of the last so many blocks are trained; those below stay as they start, but for the weight decay, and
   * no gradient is computed for them, which saves its time and memory. Defaults to all blocks.
   */
  trainedBlocks?: number;
  /** Start from this adapter. Defaults to a fresh one: A random, B zero, so that the model starts as the base. */
  initial?: LoraAdapter;
}

/** AdamW and its learning rate. */
export interface OptimizerOptions {
  /** Peak learning rate. Defaults to 1e-3. */
  learningRate?: number;
  /**
   * `cosine`: warm-up, then down to a tenth. `linear`: warm-up, then straight down to nothing. `constant`: no warm-up
   * either. Defaults to `cosine`.
   */
  schedule?: 'cosine' | 'linear' | 'constant';
  /** Steps of linear warm-up. Defaults to 20, at most a tenth of the steps. */
  warmupSteps?: number;
  /** Decoupled weight decay. Defaults to 0.01. */
  weightDecay?: number;
  /** Largest norm of the gradient. Defaults to 1; Infinity switches clipping off. */
  maxGradientNorm?: number;
}

/** A step is made of `rows` times `accumulation` rows. */
export interface BatchOptions {
  /** Tokens in a row; no example may be longer. Defaults to 256. */
  sequenceLength?: number;
  /**
   * Rows computed at once. Defaults to 1, which takes least memory. Two of 256 tokens are a twentieth faster on a quiet
   * machine, a tenth slower beside a program that uses the memory much, and take 90 MB more.
   */
  rows?: number;
  /** Batches that make one step. Defaults to 2. */
  accumulation?: number;
}

/** How the best state is found on the validation examples. */
export interface EvaluationOptions {
  /** Steps between evaluations. Defaults to a tenth of the run, or more, so that they take a tenth of the time. */
  everySteps?: number;
  /** Evaluations without improvement before training stops. Defaults to 3. */
  patience?: number;
  /**
   * What must not be forgotten: a state with which the loss on these examples is more than `maxRise` (a share) above
   * the base model's never counts as the best; less of its effect may, with which it is not. Without validation
   * examples it is not looked at.
   */
  retained?: { examples: readonly Example[]; maxRise: number };
}

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  directory: string;
  /** Defaults to 30,000 ms. */
  everyMs?: number;
}

/** How the machine is used. */
export interface MachineOptions {
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
   * `keep` the products of the forward pass for the backward pass, or keep a block's input alone and `recompute` the
   * rest: keeping is some 1.3 times as fast, for a third more memory (200 MB with the default base and 256 tokens).
   * Defaults to `keep`.
   */
  activations?: Activations;
  /** Threads. Defaults to ONNX Runtime's choice, the physical cores. */
  threads?: number;
  /**
   * Threads wait for each other in a loop: faster on cores of their own, unkind to what shares them. Defaults to true.
   */
  spinning?: boolean;
  /**
   * Memory this process may take, bytes. What is wanted is made lighter until it fits: 8-bit weights in memory once
   * instead of once for each direction, then activations computed again instead of kept, then fewer rows at once.
   * Watched while training too. Defaults to the smaller of 4 GB and half of what is free.
   */
  memoryBudgetBytes?: number;
  /** Memory this process takes now, bytes. Defaults to its resident set. */
  memoryUsed?: () => number;
  /** When to wait and when to rest for others on the machine. Defaults to never. */
  courtesy?: Courtesy;
}

/** How training treats whatever shares the machine with it. Neither waiting nor resting changes a loss. */
export interface Courtesy {
  /**
   * Asked before every step: why training has to wait, one sentence, or null. While there is a reason it is asked every
   * `askAgainMs`; that time is not the budget's.
   */
  obstacle?(): Promise<string | null>;
  /** Milliseconds between two questions. Defaults to 5,000. */
  askAgainMs?: number;
  /** Asked after every step, which took `stepMs`: how long to rest, ms. A rest is part of what a step takes. */
  restMs?(stepMs: number): number;
}
