/** Weight of the newest loss in the running average. */
const NEWEST = 0.2;
/** Steps before an average says anything. */
const SETTLING_STEPS = 5;
/** An average so much above the lowest one has left the ground it came from. */
const EXPLODED = 2;
/** Above this a state is not worth keeping as the last good one. */
const SUSPECT = 1.3;

/** Tells a loss that wanders, as losses of single steps do, from one that runs away. */
export class LossWatch {
  #average = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #steps = 0;

  /** Takes the loss and the gradient's norm of one step. @returns whether training has to turn back */
  explodes(loss: number, gradientNorm: number): boolean {
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return true;
    this.#average = this.#steps === 0 ? loss : (1 - NEWEST) * this.#average + NEWEST * loss;
    if (++this.#steps <= SETTLING_STEPS) return false;
    this.#lowest = Math.min(this.#lowest, this.#average);
    return this.#average > EXPLODED * this.#lowest;
  }

  /** Whether the state is worth a checkpoint: the loss is not on its way up. */
  get calm(): boolean {
    return this.#steps <= SETTLING_STEPS || this.#average <= SUSPECT * this.#lowest;
  }
}
