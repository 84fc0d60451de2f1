/** Values by key, in no order; a key without values is not there. */
export class Multimap<Key, Value> {
  readonly #values = new Map<Key, Value[]>();

  add(key: Key, value: Value): void {
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, [value]);
    else known.push(value);
  }

  remove(key: Key, value: Value): void {
    const known = this.#values.get(key);
    const place = known?.indexOf(value) ?? -1;
    if (known === undefined || place < 0) return;
    if (known.length === 1) this.#values.delete(key);
    else known.splice(place, 1);
  }

  get(key: Key): readonly Value[] {
    return this.#values.get(key) ?? [];
  }
}
