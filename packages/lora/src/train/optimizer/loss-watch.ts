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
 * Steps in which a loss that explodes passes through what is suspect, and more: an average that has stayed where it is
 * for so long is a level, not an explosion on its way.
 */
const RECENT = 20;

/**
 * Notices when the loss explodes. The loss of one step may be three times that of the step before without meaning
 * anything, and a step of rows with little to learn says less than another. So the watch keeps a running average by
 * target tokens and compares it with the lowest value that it has had. A loss that is below that of the start, or below
 * what is usual for code, has not exploded, however low it was in between: some rows are easier than others.
 */
export class LossWatch {
  #losses = 0;
  #targets = 0;
  #start: number;
  #lowest = Number.POSITIVE_INFINITY;
  #steps = 0;
  /** The averages of the last `RECENT` steps. */
  readonly #recent: number[] = [];

  /** @param usual the loss on validation examples, nats a token; 0 where it is not known */
  constructor(usual = 0) {
    this.#start = usual;
  }

  /**
   * Takes the loss and the norm of the gradient of one step.
   * @param targets the tokens that the loss is the mean of
   * @returns whether training has to turn back: the average is too high, or one of the two is not a finite number
   */
  explodes(loss: number, gradientNorm: number, targets: number): boolean {
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return true;
    this.#losses = (1 - NEWEST) * this.#losses + NEWEST * loss * targets;
    this.#targets = (1 - NEWEST) * this.#targets + NEWEST * targets;
    if (++this.#steps <= SETTLING_STEPS) {
      this.#start = Math.max(this.#start, this.#average);
      return false;
    }
    this.#lowest = Math.min(this.#lowest, this.#average);
    this.#recent.push(this.#average);
    if (this.#recent.length > RECENT) this.#recent.shift();
    return this.#average > EXPLODED * this.#lowest && this.#average > this.#start;
  }

  /**
   * Whether the loss is not rising, so that the present state is worth a checkpoint. Below the start it is judged by
   * the recent steps alone: after a run of easy rows it may never again be as low as it was.
   */
  get calm(): boolean {
    if (this.#steps <= SETTLING_STEPS || this.#average <= SUSPECT * this.#lowest) return true;
    return this.#average <= this.#start && this.#average <= SUSPECT * Math.min(...this.#recent);
  }

  get #average(): number {
    return this.#losses / Math.max(this.#targets, Number.MIN_VALUE);
  }
}
