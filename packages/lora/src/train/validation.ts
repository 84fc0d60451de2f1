import type { Example } from './batches/example.js';
import { type PackedRow, packExamples } from './batches/packing.js';
import { LoraParameters } from './optimizer/lora-parameters.js';
import { meanLoss, scoreRows } from './scoring/score.js';
import type { Scorer } from './scoring/scorer.js';
import type { TrainSettings } from './settings/train-settings.js';

/** What an evaluation finds; losses in nats a target token, float32. */
export interface Measured {
  /** On the validation examples. */
  loss: number;
  /** By what share the loss on the retained examples is above the base model's; null without any. */
  retainedRise: number | null;
  /** Whether that is more than it may be. */
  forgets: boolean;
}

/** Measures the state of a training on examples that it never trains on. */
export class Validation {
  readonly #validation: readonly Example[];
  /** What must not be forgotten; none where nothing must. */
  readonly #retained: readonly Example[];
  readonly #maxRise: number;
  /** Both, packed once: one pass over the weights scores them. */
  readonly #rows: PackedRow[];
  readonly #sequenceLength: number;
  /** The base model's loss on the retained examples. */
  #baseLoss: number | null = null;

  constructor(
    { validation, evaluation: { retained }, batch: { sequenceLength } }: TrainSettings,
    private readonly scorer: Scorer,
    private readonly parameters: LoraParameters,
  ) {
    this.#validation = validation;
    this.#retained = retained?.examples ?? [];
    this.#maxRise = retained?.maxRise ?? 0;
    this.#sequenceLength = sequenceLength;
    this.#rows = packExamples([...this.#validation, ...this.#retained], sequenceLength, null);
  }

  /** Whether there is anything to choose the best state by. */
  get exists(): boolean {
    return this.#validation.length > 0;
  }

  /**
   * Measures the base model on the retained examples, the first time it is called; `measure` compares with it. Where
   * the parameters still are the base model, `measure` finds it by itself.
   */
  async measureBase(): Promise<void> {
    if (this.#retained.length === 0 || this.#baseLoss !== null || this.parameters.isBase) return;
    const { config, adapter } = this.parameters;
    const rows = packExamples(this.#retained, this.#sequenceLength, null);
    const scores = await scoreRows(this.scorer, new LoraParameters(config, adapter), this.#retained, rows);
    this.#baseLoss = meanLoss(scores, this.#retained);
  }

  /** Measures the parameters as they are now. */
  async measure(): Promise<Measured> {
    await this.measureBase();
    const examples = [...this.#validation, ...this.#retained];
    const scores = await scoreRows(this.scorer, this.parameters, examples, this.#rows);
    const split = this.#validation.length;
    const loss = meanLoss(scores.slice(0, split), this.#validation);
    if (this.#retained.length === 0) return { loss, retainedRise: null, forgets: false };
    const retained = meanLoss(scores.slice(split), this.#retained);
    this.#baseLoss ??= retained;
    const rise = retained / this.#baseLoss - 1;
    return { loss, retainedRise: rise, forgets: rise > this.#maxRise };
  }
}
