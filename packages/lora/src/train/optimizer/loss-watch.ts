/** Weight of the newest loss in the running average. */
const NEWEST = 0.2;
/** Steps before the average is judged: the first losses say little. */
const SETTLING_STEPS = 5;
/** The loss has exploded when the average is this many times the lowest average so far. */
const EXPLODED = 2;
/**
 * Between this many times the lowest average and `EXPLODED` the loss may be about to explode: no checkpoint is written
 * then, because training would later go back to a state that is already spoilt.
 */
const SUSPECT = 1.3;

/**
 * Notices when the loss explodes. The loss of one step may be three times that of the step before without meaning
 * anything, so the watch keeps a running average and compares it with the lowest value that the average has had.
 */
export class LossWatch {
  #average = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #steps = 0;

  /**
   * Takes the loss and the norm of the gradient of one step.
   * @returns whether training has to turn back: the average is too high, or one of the two is not a finite number
   */
  explodes(loss: number, gradientNorm: number): boolean {
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return true;
    this.#average = this.#steps === 0 ? loss : (1 - NEWEST) * this.#average + NEWEST * loss;
    if (++this.#steps <= SETTLING_STEPS) return false;
    this.#lowest = Math.min(this.#lowest, this.#average);
    return this.#average > EXPLODED * this.#lowest;
  }

  /** Whether the loss is not rising, so that the present state is worth a checkpoint. */
  get calm(): boolean {
    return this.#steps <= SETTLING_STEPS || this.#average <= SUSPECT * this.#lowest;
  }
}
