/** A queue that one side fills and the other reads with `for await`; failing or ending it ends the loop. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #onReturn: () => void;
  #wake: (() => void) | null = null;
  #ended = false;
  #error: unknown = null;

  /** @param onReturn called when the reader leaves the loop before the end */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const item = this.#items.shift();
    if (item !== undefined) return { done: false, value: item };
    if (this.#error !== null) throw this.#error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T>> {
    if (!this.#ended) this.#onReturn();
    this.#ended = true;
    this.#items.length = 0;
    return { done: true, value: undefined };
  }
}
