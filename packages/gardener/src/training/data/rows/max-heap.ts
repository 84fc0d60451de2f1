import { present } from '../../../garden/errors/present.js';

interface Entry<Item> {
  item: Item;
  value: number;
}

/** Items by a value, the largest on top. */
export class MaxHeap<Item> {
  readonly #entries: Entry<Item>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The largest value; there has to be one. */
  get best(): number {
    return this.#at(0).value;
  }

  push(item: Item, value: number): void {
    this.#entries.push({ item, value });
    for (let at = this.size - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (this.#at(above).value >= value) return;
      this.#swap(at, above);
      at = above;
    }
  }

  /** Takes the item of the largest value; there has to be one. */
  pop(): Item {
    this.#swap(0, this.size - 1);
    const { item } = present(this.#entries.pop());
    for (let at = 0; ; ) {
      let largest = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < this.size && this.#at(below).value > this.#at(largest).value) largest = below;
      if (largest === at) return item;
      this.#swap(at, largest);
      at = largest;
    }
  }

  #at(place: number): Entry<Item> {
    return present(this.#entries[place]);
  }

  #swap(a: number, b: number): void {
    [this.#entries[a], this.#entries[b]] = [this.#at(b), this.#at(a)];
  }
}
