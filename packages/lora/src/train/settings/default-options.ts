import type { AdapterConfig } from '../../transformer/config/adapter-config.js';
import { trainableModules } from '../../transformer/config/modules.js';
import { defaultMemoryBudget } from '../memory/memory-plan.js';
import type {
  BatchOptions,
  CheckpointOptions,
  MachineOptions,
  OptimizerOptions,
  TrainOptions,
} from './train-options.js';

const MAX_EPOCHS = 3;
const PATIENCE = 3;
const CHECKPOINT_EVERY_MS = 30_000;
const ADAPTER = { rank: 16, alpha: 32, dropout: 0 };
const OPTIMIZER: Required<OptimizerOptions> = {
  learningRate: 1e-3,
  schedule: 'cosine',
  warmupSteps: 20,
  weightDecay: 0.01,
  maxGradientNorm: 1,
};
const BATCH: Required<BatchOptions> = { sequenceLength: 256, rows: 1, accumulation: 2 };

/** Options with every default filled in. */
export type FilledOptions = ReturnType<typeof fillDefaults>;

/** Fills in the defaults; checks nothing. */
export function fillDefaults(options: TrainOptions) {
  const { initial, rankStabilised = false, trainedBlocks, ...adapter } = options.adapter ?? {};
  const targetModules = trainableModules(options.base.config);
  const filled: AdapterConfig = { ...ADAPTER, targetModules, ...initial?.config, ...adapter };
  // An adapter in memory always scales by alpha / rank, also the one that is gone on from.
  if (rankStabilised && (!initial || adapter.alpha !== undefined)) filled.alpha *= Math.sqrt(filled.rank);
  return {
    maxEpochs: MAX_EPOCHS,
    seed: 0,
    ...options,
    adapter: filled,
    initialAdapter: initial,
    trainedBlocks,
    optimizer: { ...OPTIMIZER, ...options.optimizer },
    batch: { ...BATCH, ...options.batch },
    evaluation: { patience: PATIENCE, ...options.evaluation },
    checkpoint: options.checkpoint && fillCheckpoint(options.checkpoint),
    machine: fillMachine(options.machine),
  };
}

function fillCheckpoint(options: CheckpointOptions): Required<CheckpointOptions> {
  return { everyMs: CHECKPOINT_EVERY_MS, ...options };
}

function fillMachine(options: MachineOptions = {}) {
  return {
    precision: 'auto' as const,
    activations: 'keep' as const,
    spinning: true,
    memoryBudgetBytes: defaultMemoryBudget(),
    memoryUsed: () => process.memoryUsage.rss(),
    ...options,
  };
}
