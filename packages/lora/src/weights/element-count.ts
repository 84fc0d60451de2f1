/** Number of elements of a tensor of this shape; a scalar (no dimensions) has one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
