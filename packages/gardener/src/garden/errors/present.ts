/**
 * A value that is there by how the code is built: the item at an index into the same list, the entry of a key that was
 * set before. What comes from outside is checked where it comes in, not with this.
 * @throws Error where it is missing: a fault of ours
 */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that is always there is missing');
  return value;
}
