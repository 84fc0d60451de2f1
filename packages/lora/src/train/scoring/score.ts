import type { LoraAdapter } from '../../adapter/adapter.js';
import { LoraError } from '../../errors.js';
import type { BaseWeights } from '../../transformer/base-model.js';
import { type FrozenWeights, loadFrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import { type Batch, makeBatch } from '../batches/batch.js';
import { type Example, isTarget } from '../batches/example.js';
import { type PackedRow, packExamples } from '../batches/packing.js';
import { LoraParameters } from '../optimizer/lora-parameters.js';
import { type PositionScores, Scorer } from './scorer.js';

/**
 * What a model makes of one example. Each array has the example's length; entries of unsupervised tokens mean nothing.
 */
export interface ExampleScore {
  /** Negative log-likelihood of each supervised token given those before it, in nats; 0 elsewhere. */
  nll: Float32Array;
  /** The model's most likely token where each supervised token stands; -1 elsewhere. */
  top1: Int32Array;
  /** 1 where the supervised token was the model's most likely one; 0 elsewhere. */
  top1Correct: Uint8Array;
}

/** Settings of scoring. */
export interface ScoreOptions {
  /** Tokens in a row; no example may be longer. Defaults to 256. */
  sequenceLength?: number;
  /** Rows computed at once. Defaults to 2. */
  rows?: number;
  /** Threads. Defaults to ONNX Runtime's choice. */
  threads?: number;
  /** Tables already in memory; read from the base otherwise. */
  frozen?: FrozenWeights;
  signal?: AbortSignal;
  /** Called with the share done. */
  onProgress?: (share: number) => void;
}

/**
 * Scores examples by teacher forcing, in float32.
 * @param adapter null for the base model alone
 * @returns one score an example, in order
 * @throws LoraError `train.example-too-long`, `train.aborted`
 */
export async function scoreExamples(
  base: BaseWeights,
  adapter: LoraAdapter | null,
  examples: readonly Example[],
  options: ScoreOptions = {},
): Promise<ExampleScore[]> {
  const { sequenceLength = 256, rows: batchRows = 2, threads } = options;
  const frozen = options.frozen ?? (await loadFrozenWeights(base));
  const parameters = adapter ? new LoraParameters(base.config, adapter.config) : null;
  if (adapter) parameters!.load(adapter);
  const shape = { rows: batchRows, sequenceLength };
  const sessions = threads ? { threads } : {};
  await using scorer = await Scorer.create(base.config, frozen, shape, adapter?.config ?? null, sessions);
  return await scoreRows(scorer, parameters, examples, packExamples(examples, sequenceLength, null), options);
}

/** Batches that go through the model together: their hidden states are in memory at once (1 MB each by default). */
const BATCHES_AT_ONCE = 64;

/** Scores packed rows with a scorer that is already there. */
export async function scoreRows(
  scorer: Scorer,
  parameters: LoraParameters | null,
  examples: readonly Example[],
  rows: readonly PackedRow[],
  { signal, onProgress }: Pick<ScoreOptions, 'signal' | 'onProgress'> = {},
): Promise<ExampleScore[]> {
  const scores = examples.map(({ tokens }) => ({
    nll: new Float32Array(tokens.length),
    top1: new Int32Array(tokens.length).fill(-1),
    top1Correct: new Uint8Array(tokens.length),
  }));
  const { rows: batchRows, sequenceLength } = scorer.shape;
  const rowsAtOnce = batchRows * BATCHES_AT_ONCE;
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const part = rows.slice(start, start + rowsAtOnce);
    const batches: Batch[] = [];
    for (let at = 0; at < part.length; at += batchRows) {
      batches.push(makeBatch(part.slice(at, at + batchRows), batchRows, sequenceLength));
    }
    const positions = await scorer.score(batches, parameters, (share) => {
      throwIfAborted(signal);
      onProgress?.((start + share * part.length) / rows.length);
    });
    for (const [i, batch] of batches.entries()) distribute(batch, positions[i]!, scores);
  }
  return scores;
}

/** Hands the scores of a batch's positions to the examples they belong to. */
function distribute(batch: Batch, { nll, top1 }: PositionScores, scores: ExampleScore[]): void {
  const { sequenceLength } = batch;
  for (const [i, flat] of batch.predicting.entries()) {
    const row = batch.rows[Math.floor(flat / sequenceLength)]!;
    const position = flat % sequenceLength;
    const { example } = row.placements[row.segments[position]!]!;
    const target = row.positions[position]! + 1;
    scores[example]!.nll[target] = nll[i]!;
    scores[example]!.top1[target] = top1[i]!;
    scores[example]!.top1Correct[target] = top1[i] === batch.labels[i] ? 1 : 0;
  }
}

/** Token-weighted mean of scores, in nats a target. */
export function meanLoss(scores: readonly ExampleScore[], examples: readonly Example[]): number {
  let sum = 0;
  let count = 0;
  for (const [i, { nll }] of scores.entries()) {
    const example = examples[i]!;
    for (let t = 1; t < nll.length; t++) {
      if (!isTarget(example, t)) continue;
      sum += nll[t]!;
      count++;
    }
  }
  return sum / count;
}

/** @throws LoraError `train.aborted` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new LoraError('train.aborted', 'The work was stopped on request.', {
    remedy: 'Start it again when you like.',
  });
}
