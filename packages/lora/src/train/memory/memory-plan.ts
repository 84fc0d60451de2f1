import { freemem } from 'node:os';
import { LoraError } from '../../errors.js';
import { TARGET_MODULES } from '../../transformer/config/adapter-config.js';
import { moduleShape } from '../../transformer/config/modules.js';
import { CHUNK } from '../../transformer/decoder/attention.js';
import { keptState } from '../../transformer/decoder/kept-state.js';
import { GRADIENT_ROWS } from '../../transformer/decoder/language-model-head.js';
import type { ModelGraphOptions } from '../../transformer/decoder/model-graph.js';
import { PIECE } from '../../transformer/decoder/token-pieces.js';
import { parameterCount } from '../optimizer/lora-parameters.js';

/** Node, ONNX Runtime and this program before they hold anything. */
const PROCESS_BYTES = 160e6;
/** ONNX Runtime's record of a block's nodes, for each piece of the tokens. */
const GRAPH_BYTES = 1.4e6;
/**
 * Factor on the memory that is taken and freed within a step: it covers results that V8 has not collected yet, and
 * gaps in the allocator. Measured on the default base.
 */
const SLACK = 1.15;
/** Values of one block, in widths of the hidden state and of the MLP, that are alive at once in its backward pass. */
const HIDDEN_VALUES = 30;
const MLP_VALUES = 14;
/** Score matrices of attention alive at once. */
const SCORE_VALUES = 6;
/**
 * A parameter of a block whose 8-bit weights are in memory once. One byte is the weight; with one, the estimate for a
 * base of 1.5 billion parameters was 3.3 GB, and the process passed 4.0.
 */
const SINGLE_COPY_BYTES = 1.55;
/** Copies of a slice of logits alive at once. */
const LOGIT_VALUES = 3;
/** Value, gradient, two moments and the best state of every trainable number, float32. */
const ADAPTER_BYTES = 5 * 4;
/** What a training takes at most unless more is allowed, bytes. */
const LARGEST_BUDGET_BYTES = 4e9;
/** Less free memory than this in the whole machine is pressure, whatever the budget. */
const MIN_FREE_BYTES = 150e6;

/** The smaller of 4 GB and half of the memory that is free now, bytes. */
export function defaultMemoryBudget(): number {
  return Math.min(LARGEST_BUDGET_BYTES, freemem() / 2);
}

/** Peak memory of a process that trains with this graph, estimated, bytes. */
export function estimateMemory({
  config,
  batch,
  adapter,
  precision,
  activations,
  singleCopy,
}: ModelGraphOptions): number {
  const { hiddenSize, mlpSize, vocabularySize, blockCount, headCount } = config;
  const { rows, sequenceLength } = batch;
  const keep = activations === 'keep';
  const matrices = TARGET_MODULES.reduce((sum, module) => sum + product(moduleShape(module, config)), 0);
  const table = vocabularySize * hiddenSize;
  // int8 holds every matrix once for each direction, the table for the product and for looking up: 2 bytes a parameter.
  const each = precision === 'float32' ? 4 : 2;
  const frozen = (singleCopy ? SINGLE_COPY_BYTES : each) * blockCount * matrices + each * table;
  const tokens = rows * sequenceLength;
  const graph = GRAPH_BYTES * blockCount * Math.ceil(tokens / PIECE);
  const states = (blockCount + 1) * tokens * hiddenSize * 4;
  const kept = keep ? keptState(config, batch, precision).bytes : 0;
  const block = tokens * (HIDDEN_VALUES * hiddenSize + MLP_VALUES * mlpSize) * 4;
  const scores = SCORE_VALUES * rows * headCount * Math.min(CHUNK, sequenceLength) * sequenceLength * 4;
  const headRows = Math.min(tokens, keep ? GRADIENT_ROWS.fast : GRADIENT_ROWS.lean);
  const logits = LOGIT_VALUES * headRows * vocabularySize * 4;
  const trainable = ADAPTER_BYTES * parameterCount(config, adapter);
  // With dropout, a byte for each input of the A matrices.
  const masks = adapter.dropout > 0 ? blockCount * tokens * (3 * hiddenSize + mlpSize) : 0;
  return (
    PROCESS_BYTES + frozen + graph + masks + SLACK * (states + kept + block + scores + logits + trainable)
  );
}

/**
 * The wanted shape, or a lighter one of the same step that fits: 8-bit weights in memory once, then activations
 * computed again instead of kept, then fewer rows at once in more batches.
 * @throws LoraError `train.memory-budget` when not even one row fits; it says how much that needs
 */
export function planMemory(wanted: ModelGraphOptions, budgetBytes: number): ModelGraphOptions {
  const shape = lightEnough(wanted, budgetBytes);
  const neededBytes = estimateMemory(shape);
  if (neededBytes <= budgetBytes) return shape;
  throw new LoraError(
    'train.memory-budget',
    `Training one row of ${wanted.batch.sequenceLength} tokens needs about ${megabytes(neededBytes)} of memory; ` +
      `the budget is ${megabytes(budgetBytes)}.`,
    {
      remedy:
        'Free some memory or raise the memory budget, or train with shorter rows or a smaller base model.',
      details: { neededBytes, budgetBytes },
    },
  );
}

/** The wanted shape or the first lighter one that fits; the lightest where none does. */
export function lightEnough(
  wanted: ModelGraphOptions,
  budgetBytes = LARGEST_BUDGET_BYTES,
): ModelGraphOptions {
  const lighter = estimateMemory(wanted) > budgetBytes ? lighterShape(wanted) : null;
  return lighter ? lightEnough(lighter, budgetBytes) : wanted;
}

/** The next lighter shape of the same step; null when there is none. */
export function lighterShape(shape: ModelGraphOptions): ModelGraphOptions | null {
  if (shape.precision === 'int8' && !shape.singleCopy) return { ...shape, singleCopy: true };
  if (shape.activations === 'keep') return { ...shape, activations: 'recompute' };
  const { rows, sequenceLength } = shape.batch;
  return rows === 1 ? null : { ...shape, batch: { rows: Math.ceil(rows / 2), sequenceLength } };
}

/** Whether a process has to become lighter: it is over its budget, or the machine has next to nothing left. */
export function isUnderPressure(usedBytes: number, budgetBytes: number): boolean {
  return usedBytes > budgetBytes || freemem() < MIN_FREE_BYTES;
}

function product([out, inner]: readonly [number, number]): number {
  return out * inner;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
