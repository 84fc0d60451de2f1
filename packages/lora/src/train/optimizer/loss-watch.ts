/** Weight of the newest loss in the running average. */
const NEWEST = 0.2;
/** Steps before the average is judged: the first losses say little. */
const SETTLING_STEPS = 5;
/** The loss has exploded when the average is this many times the lowest average so far. */
const EXPLODED = 2;
/**
 * Above this many times the lowest average the loss may be about to explode, so its state is no state to go back to.
 */
const SUSPECT = 1.3;

/**
 * Notices when the loss explodes. The loss of a single step wanders by a factor of three from one to the next, so a
 * running average is watched: how far it is above the lowest it has been.
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

  /** Whether the loss is not on its way up, so that the state is worth a checkpoint. */
  get calm(): boolean {
    return this.#steps <= SETTLING_STEPS || this.#average <= SUSPECT * this.#lowest;
  }
}
