import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';
import type { AdapterConfig } from '../../transformer/config/adapter-config.js';
import {
  type BlockKind,
  distinctBlockKinds,
  type TransformerConfig,
} from '../../transformer/config/transformer-config.js';
import type { BatchShape } from '../../transformer/decoder/block-context.js';
import { blockForwardGraph } from '../../transformer/decoder/block-graphs.js';
import type { FrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import { SCORED_ENTRIES, SCORED_ROWS, scoreGraph } from '../../transformer/decoder/language-model-head.js';
import { type Batch, tokensOf } from '../batches/batch.js';
import { collectGarbage } from '../memory/collect-garbage.js';
import type { LoraParameters } from '../optimizer/lora-parameters.js';

/** What a pass over a batch finds for each predicting position. */
export interface PositionScores {
  /** Negative log-likelihood of the label, in nats. */
  nll: Float32Array;
  /** The most likely token. */
  top1: Int32Array;
}

/**
 * Scores batches in float32, whatever the precision of training. All batches go through one block before the next
 * block is read from the file: of the base model only one block is in memory at a time, and of each batch only its
 * hidden states.
 */
export class Scorer implements AsyncDisposable {
  private constructor(
    private readonly config: TransformerConfig,
    readonly shape: BatchShape,
    private readonly frozen: FrozenWeights,
    /** One for each kind of block. */
    private readonly blocks: ReadonlyMap<BlockKind, GraphSession>,
    private readonly head: GraphSession,
  ) {}

  /** @param adapter null for the base model alone; dropout is left out */
  static async create(
    config: TransformerConfig,
    frozen: FrozenWeights,
    shape: BatchShape,
    adapter: AdapterConfig | null,
    options: SessionOptions,
  ): Promise<Scorer> {
    const still = adapter && { ...adapter, dropout: 0 };
    const built = { config, batch: shape, adapter: still, precision: 'float32' as const };
    const blocks = new Map<BlockKind, GraphSession>();
    for (const kind of distinctBlockKinds(config)) {
      blocks.set(kind, await GraphSession.create(blockForwardGraph(built, kind), options));
    }
    const head = await GraphSession.create(scoreGraph(config), options);
    return new Scorer(config, shape, frozen, blocks, head);
  }

  /**
   * The last block's outputs, float32 [rows * sequence, hidden] each, before the final norm.
   * @param onProgress called with the share of blocks done
   */
  async hiddenStates(
    batches: readonly Batch[],
    parameters: LoraParameters | null,
    onProgress?: (share: number) => void,
  ): Promise<Float32Array[]> {
    const { hiddenSize, blockCount } = this.config;
    const tokens = this.shape.rows * this.shape.sequenceLength;
    const states: Float32Array[] = [];
    for (const batch of batches) states.push(await this.frozen.embed(tokensOf(batch)));
    for (let index = 0; index < blockCount; index++) {
      const weights = { ...(await this.frozen.block(index)), ...parameters?.feeds(index) };
      const session = this.blocks.get(this.config.blockKinds[index]!)!;
      for (const [i, { positions, mask }] of batches.entries()) {
        const feeds = { x: hostTensor(states[i]!, [tokens, hiddenSize]), positions, mask, ...weights };
        states[i] = float32Of((await session.run(feeds)).y);
      }
      onProgress?.((index + 1) / blockCount);
    }
    return states;
  }

  /** Negative log-likelihood and most likely token at every predicting position of each batch. */
  async score(
    batches: readonly Batch[],
    parameters: LoraParameters | null,
    onProgress?: (share: number) => void,
  ): Promise<PositionScores[]> {
    const states = await this.hiddenStates(batches, parameters, onProgress);
    const parts = batches.flatMap((batch, i) => predictingParts(batch, states[i]!));
    const { vocabularySize } = this.config;
    for (let start = 0; start < vocabularySize; start += SCORED_ENTRIES) {
      const table = await this.frozen.readHeadRows(start, Math.min(SCORED_ENTRIES, vocabularySize - start));
      for (const part of parts) await this.#scoreEntries(part, table, start);
      // The rows just read lie outside V8's heap, so the collector does not run by itself however many there are.
      collectGarbage({ young: true });
    }
    return batches.map((batch) => joined(parts.filter((part) => part.batch === batch)));
  }

  /**
   * Extends the running softmax of a part's positions by the vocabulary entries of `table`, the first of which is
   * entry number `start` of the whole vocabulary.
   */
  async #scoreEntries(part: ScoredPart, table: HostTensor, start: number): Promise<void> {
    const count = table.dims[0]!;
    const within = (label: number) => label >= start && label < start + count;
    const labels = new BigInt64Array(SCORED_ROWS);
    for (const [i, label] of part.labels.entries()) if (within(label)) labels[i] = BigInt(label - start);
    const outputs = await this.head.run({
      x: statesOf(part, this.config.hiddenSize),
      labels: hostTensor(labels, [SCORED_ROWS, 1]),
      norm: this.frozen.outputNorm,
      table,
    });
    const [largest, sum, ofLabel] = ['largest', 'sum', 'ofLabel'].map((name) => float32Of(outputs[name]));
    const top1 = outputs.top1!.data as BigInt64Array;
    for (let i = 0; i < part.positions.length; i++) {
      const before = part.largest[i]!;
      const after = Math.max(before, largest![i]!);
      if (after > before) part.top1[i] = start + Number(top1[i]);
      part.sum[i] = part.sum[i]! * Math.exp(before - after) + sum![i]! * Math.exp(largest![i]! - after);
      part.largest[i] = after;
      if (within(part.labels[i]!)) part.ofLabel[i] = ofLabel![i]!;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.blocks.values()) await session[Symbol.asyncDispose]();
    await this.head[Symbol.asyncDispose]();
  }
}

/**
 * Up to SCORED_ROWS predicting positions of a batch, with the running softmax of their logits over the part of the
 * vocabulary seen so far.
 */
interface ScoredPart {
  batch: Batch;
  /** Of all positions of the batch, [rows * sequence, hidden]. */
  states: Float32Array;
  positions: Int32Array;
  labels: Int32Array;
  largest: Float64Array;
  /** Sum of exp(logit - largest) over the entries seen so far. */
  sum: Float64Array;
  ofLabel: Float64Array;
  top1: Int32Array;
}

function predictingParts(batch: Batch, states: Float32Array): ScoredPart[] {
  const parts: ScoredPart[] = [];
  for (let start = 0; start < batch.predicting.length; start += SCORED_ROWS) {
    parts.push({
      batch,
      states,
      positions: batch.predicting.subarray(start, start + SCORED_ROWS),
      labels: batch.labels.subarray(start, start + SCORED_ROWS),
      largest: new Float64Array(SCORED_ROWS).fill(Number.NEGATIVE_INFINITY),
      sum: new Float64Array(SCORED_ROWS),
      ofLabel: new Float64Array(SCORED_ROWS),
      top1: new Int32Array(SCORED_ROWS),
    });
  }
  return parts;
}

/** The hidden states of a part's positions, [SCORED_ROWS, hidden]; rows beyond the last position are zeros. */
function statesOf({ states, positions }: ScoredPart, hiddenSize: number): HostTensor {
  const x = new Float32Array(SCORED_ROWS * hiddenSize);
  for (const [i, position] of positions.entries())
    x.set(states.subarray(position * hiddenSize, (position + 1) * hiddenSize), i * hiddenSize);
  return hostTensor(x, [SCORED_ROWS, hiddenSize]);
}

/** The scores of a batch's positions, from its parts. */
function joined(parts: readonly ScoredPart[]): PositionScores {
  const nll: number[] = [];
  const top1: number[] = [];
  for (const { positions, largest, sum, ofLabel, top1: likeliest } of parts) {
    for (let i = 0; i < positions.length; i++) {
      nll.push(largest[i]! + Math.log(sum[i]!) - ofLabel[i]!);
      top1.push(likeliest[i]!);
    }
  }
  return { nll: Float32Array.from(nll), top1: Int32Array.from(top1) };
}
