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

/** Examples, packed once. */
interface Packed {
  examples: readonly Example[];
  rows: PackedRow[];
}

/** Measures the state of a training on examples that it never trains on. */
export class Validation {
  readonly #validation: Packed;
  /** What must not be forgotten; null where nothing must. */
  readonly #retained: (Packed & { maxRise: number }) | null;
  #baseLoss: number | null = null;

  constructor(
    { validation, evaluation: { retained }, batch: { sequenceLength } }: TrainSettings,
    private readonly scorer: Scorer,
    private readonly parameters: LoraParameters,
  ) {
    const packed = (examples: readonly Example[]): Packed => ({
      examples,
      rows: packExamples(examples, sequenceLength, null),
    });
    this.#validation = packed(validation);
    this.#retained = retained?.examples.length
      ? { ...packed(retained.examples), maxRise: retained.maxRise }
      : null;
  }

  /** Whether there is anything to choose the best state by. */
  get exists(): boolean {
    return this.#validation.rows.length > 0;
  }

  /** Measures the base model on the retained examples, the first time it is called; `measure` compares with it. */
  async measureBase(): Promise<void> {
    if (this.#retained !== null) await this.#lossOfBase(this.#retained);
  }

  /** Measures the parameters as they are now. */
  async measure(): Promise<Measured> {
    const loss = await this.#loss(this.#validation, this.parameters);
    if (this.#retained === null) return { loss, retainedRise: null, forgets: false };
    const base = await this.#lossOfBase(this.#retained);
    const rise = (await this.#loss(this.#retained, this.parameters)) / base - 1;
    return { loss, retainedRise: rise, forgets: rise > this.#retained.maxRise };
  }

  async #lossOfBase(retained: Packed): Promise<number> {
    const { config, adapter } = this.parameters;
    // Fresh parameters are zeros: the base model's own loss.
    this.#baseLoss ??= await this.#loss(retained, new LoraParameters(config, adapter));
    return this.#baseLoss;
  }

  async #loss({ examples, rows }: Packed, parameters: LoraParameters): Promise<number> {
    return meanLoss(await scoreRows(this.scorer, parameters, examples, rows), examples);
  }
}
