import type { SessionOptions } from '../../autodiff/session.js';
import type { ModelGraphOptions } from '../../transformer/decoder/model-graph.js';
import { makeBatch } from '../batches/batch.js';
import { countTargets, type PackedRow } from '../batches/packing.js';
import { collectGarbage } from '../memory/collect-garbage.js';
import { isUnderPressure, lighterShape } from '../memory/memory-plan.js';
import type { LoraParameters } from '../optimizer/lora-parameters.js';
import type { TrainingWeights } from '../quantization/training-weights.js';
import { ModelTrainer } from './model-trainer.js';

/** Steps after a change before memory is judged again: what was freed takes a while to come back. */
const SETTLING_STEPS = 3;

/** Computes the gradient of whole steps, in batches that get smaller where memory runs short. */
export class ElasticTrainer implements AsyncDisposable {
  #judgeAfter = 0;
  #ceilingBytes: number;

  private constructor(
    private readonly weights: TrainingWeights,
    private readonly sessions: SessionOptions,
    private readonly budgetBytes: number,
    private trainer: ModelTrainer,
    /** How it computes now. */
    public shape: ModelGraphOptions,
  ) {
    this.#ceilingBytes = budgetBytes;
  }

  static async create(
    weights: TrainingWeights,
    options: SessionOptions,
    shape: ModelGraphOptions,
    budgetBytes: number,
  ): Promise<ElasticTrainer> {
    // With ONNX Runtime's arena, the next node gets the memory that the last one has just freed, which is still in the
    // cache. With the C library's allocator instead, some runs keep getting other memory and take twice as long.
    const sessions = { ...options, arena: true };
    const trainer = await ModelTrainer.create(weights, shape, sessions);
    // A trainer that holds its own copies of the weights no longer needs what was read to make them.
    collectGarbage();
    return new ElasticTrainer(weights, sessions, budgetBytes, trainer, shape);
  }

  /** Forward and backward over the rows of one step, in batches; returns the token-weighted mean loss. */
  async accumulate(
    parameters: LoraParameters,
    data: readonly PackedRow[],
    dropoutSeed: readonly number[],
  ): Promise<number> {
    const { rows, sequenceLength } = this.shape.batch;
    const targets = Math.max(1, countTargets(data));
    let lossSum = 0;
    for (let start = 0; start < data.length; start += rows) {
      const batch = makeBatch(data.slice(start, start + rows), rows, sequenceLength);
      // A row's masks do not depend on the rows it is computed with.
      const seeds = batch.rows.map((_, row) => [...dropoutSeed, start + row]);
      lossSum += await this.trainer.accumulateGradient(batch, parameters, 1 / targets, seeds);
    }
    return lossSum / targets;
  }

  /**
   * Becomes lighter when memory runs short.
   * @returns `enough` where nothing had to be done, `lighter` where it was, `none` where nothing is left to be done
   */
  async relieve(step: number, usedBytes: number): Promise<'enough' | 'lighter' | 'none'> {
    if (step < this.#judgeAfter || !isUnderPressure(usedBytes, this.#ceilingBytes)) return 'enough';
    const shape = lighterShape(this.shape);
    if (shape === null) return 'none';
    await this.trainer[Symbol.asyncDispose]();
    collectGarbage();
    this.trainer = await ModelTrainer.create(this.weights, shape, this.sessions);
    this.shape = shape;
    this.#judgeAfter = step + SETTLING_STEPS;
    // The allocator does not give memory back to the system, so only growth beyond this counts as new pressure.
    this.#ceilingBytes = Math.max(this.budgetBytes, usedBytes);
    return 'lighter';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trainer[Symbol.asyncDispose]();
  }
}
