import type { Example } from './batches/example.js';
import { type PackedRow, packExamples } from './batches/packing.js';
import { LoraParameters } from './optimizer/lora-parameters.js';
import { meanLoss, scoreRows } from './scoring/score.js';
import type { Scorer } from './scoring/scorer.js';
import type { TrainSettings } from './settings/train-settings.js';
import type { StateScore } from './state/run-state.js';

/** Less of a state's effect than this is hardly worth serving. */
const MIN_STRENGTH = 0.25;
/** What is aimed at, of what the loss on the retained examples may rise: an estimate may be a little wrong. */
const AIM = 0.9;

/**
 * What an evaluation finds, in float32. The strength is less than 1 where all of the state forgets and less of it does
 * not.
 */
export interface Measured extends StateScore {
  /** By what share the loss on the retained examples is above the base model's; null without any. */
  retainedRise: number | null;
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
    const rows = packExamples(this.#retained, this.#sequenceLength, null);
    const scores = await scoreRows(this.scorer, this.#partOf(0), this.#retained, rows);
    this.#baseLoss = meanLoss(scores, this.#retained);
  }

  /**
   * Measures the parameters as they are now. Where they forget, the same change of the weights is tried at less of its
   * strength: most of what is learned stays, and what is forgotten falls faster (WiSE-FT, arXiv:2109.01903).
   */
  async measure(): Promise<Measured> {
    await this.measureBase();
    const whole = await this.#measureAt(1, this.parameters);
    const { forgets, retainedRise } = whole;
    if (!forgets || retainedRise === null) return whole;
    for (const strength of milder(retainedRise, this.#maxRise)) {
      const part = await this.#measureAt(strength, this.#partOf(strength));
      if (!part.forgets) return part;
    }
    return whole;
  }

  /** A copy of the parameters with so much of their effect. Only to be scored: the gradient is theirs. */
  #partOf(strength: number): LoraParameters {
    const { config, adapter, gradient } = this.parameters;
    return new LoraParameters(config, adapter, { values: this.parameters.valuesAt(strength), gradient });
  }

  async #measureAt(strength: number, parameters: LoraParameters): Promise<Measured> {
    const examples = [...this.#validation, ...this.#retained];
    const scores = await scoreRows(this.scorer, parameters, examples, this.#rows);
    const split = this.#validation.length;
    const loss = meanLoss(scores.slice(0, split), this.#validation);
    if (this.#retained.length === 0) return { strength, loss, retainedRise: null, forgets: false };
    const retained = meanLoss(scores.slice(split), this.#retained);
    this.#baseLoss ??= retained;
    const rise = retained / this.#baseLoss - 1;
    return { strength, loss, retainedRise: rise, forgets: rise > this.#maxRise };
  }
}

/** Strengths at which no more should be forgotten than may be: if that grows with their square, and in proportion. */
function milder(rise: number, maxRise: number): number[] {
  const share = (AIM * maxRise) / rise;
  return [Math.sqrt(share), share].filter((strength) => strength >= MIN_STRENGTH);
}
