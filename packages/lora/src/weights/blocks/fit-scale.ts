/**
 * Scales for numbers that are to be stored in few bits: of some candidates the one with the least squared error, each
 * refined by least squares for the levels that it gives. What llama.cpp's search does too, though not in its order, so
 * that bytes differ from its and errors hardly do.
 */

/** How far the scale of the extremes is varied, in levels. */
const STEPS = [-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9] as const;

/** value = scale * q + minimum */
export interface Affine {
  scale: number;
  minimum: number;
}

/**
 * For values[offset ... offset + count], q from 0 to `levels`.
 * @param upToZero the minimum must not be above 0, as in the K types, which subtract it
 */
export function fitAffine(
  values: Float32Array,
  offset: number,
  count: number,
  levels: number,
  upToZero: boolean,
): Affine {
  let low = upToZero ? 0 : Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const x = values[offset + i]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  if (!(high > low)) return { scale: 0, minimum: low };
  let best: Affine = { scale: (high - low) / levels, minimum: low };
  let least = Number.POSITIVE_INFINITY;
  for (const step of STEPS) {
    const inverse = (levels + step) / (high - low);
    let [q1, q2, x1, x2, xq] = [0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = values[offset + i]!;
      const q = Math.min(levels, Math.max(0, Math.round((x - low) * inverse)));
      q1 += q;
      q2 += q * q;
      x1 += x;
      x2 += x * x;
      xq += x * q;
    }
    const spread = count * q2 - q1 * q1;
    if (spread <= 0) continue;
    let scale = (count * xq - q1 * x1) / spread;
    let minimum = (x1 - scale * q1) / count;
    if (upToZero && minimum > 0) [scale, minimum] = [xq / q2, 0];
    // Sum of (x - scale * q - minimum) squared, multiplied out.
    const error =
      x2 +
      scale * scale * q2 +
      count * minimum * minimum +
      2 * (scale * minimum * q1 - scale * xq - minimum * x1);
    if (scale > 0 && error < least) [best, least] = [{ scale, minimum }, error];
  }
  return best;
}

/**
 * For values[offset ... offset + count]: value = scale * q with q from -`levels` to `levels` - 1. The scale may be
 * negative, so that the value furthest from 0 gets the level that has no opposite.
 */
export function fitSymmetric(values: Float32Array, offset: number, count: number, levels: number): number {
  let furthest = 0;
  for (let i = 0; i < count; i++) {
    if (Math.abs(values[offset + i]!) > Math.abs(furthest)) furthest = values[offset + i]!;
  }
  if (furthest === 0) return 0;
  let best = furthest / -levels;
  let least = Number.POSITIVE_INFINITY;
  for (const step of STEPS) {
    const inverse = -(levels + step) / furthest;
    let [q2, x2, xq] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = values[offset + i]!;
      const q = Math.min(levels - 1, Math.max(-levels, Math.round(x * inverse)));
      q2 += q * q;
      x2 += x * x;
      xq += x * q;
    }
    if (q2 === 0) continue;
    const scale = xq / q2;
    const error = x2 - scale * xq;
    if (error < least) [best, least] = [scale, error];
  }
  return best;
}

/** The level of a value, from `lowest` to `highest`; 0 where there is no scale. */
export function levelOf(value: number, inverse: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, Math.round(value * inverse)));
}

/** 1 / scale, and 0 for a scale that is 0. */
export function inverseOf(scale: number): number {
  return scale === 0 ? 0 : 1 / scale;
}
