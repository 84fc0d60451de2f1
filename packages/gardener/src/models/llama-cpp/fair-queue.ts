interface Waiter {
  start(): void;
}

/**
 * Does one piece of work at a time. Work of one turn (a project) is done in order; between turns it goes round, so that
 * many calls of one project do not keep another waiting for all of them.
 */
export class FairQueue {
  /** Turns with somebody waiting, the next one first. */
  readonly #waiting = new Map<string, Waiter[]>();
  #isBusy = false;

  /** Pieces of work that have not begun. */
  get length(): number {
    return [...this.#waiting.values()].reduce((sum, waiters) => sum + waiters.length, 0);
  }

  /**
   * Waits for its turn and works.
   * @throws what `work` throws; the signal's reason when it is aborted before its turn: it then leaves the queue
   */
  async run<T>(turn: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#isBusy) await this.#wait(turn, signal);
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = this.#startNext();
    }
  }

  #wait(turn: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#remove(turn, waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.set(turn, [...(this.#waiting.get(turn) ?? []), waiter]);
    });
  }

  #remove(turn: string, waiter: Waiter): void {
    const left = (this.#waiting.get(turn) ?? []).filter((other) => other !== waiter);
    if (left.length === 0) this.#waiting.delete(turn);
    else this.#waiting.set(turn, left);
  }

  #startNext(): boolean {
    const [next] = this.#waiting;
    if (next === undefined) return false;
    const [turn, [first, ...rest]] = next;
    this.#waiting.delete(turn);
    // The rest of this turn waits behind the others.
    if (rest.length > 0) this.#waiting.set(turn, rest);
    first?.start();
    return true;
  }
}
