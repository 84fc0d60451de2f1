/**
 * Half-precision numbers (IEEE 754 binary16 and bfloat16) to float32 and back, exact in the one direction,
 * rounded to nearest-even in the other.
 */

const scratch = new DataView(new ArrayBuffer(4));

/** Float32 value of every 16-bit pattern of binary16: a table look-up is the quickest decoder in plain JS (256 KiB). */
export const FLOAT16_VALUES: Float32Array = makeFloat16Values();

function makeFloat16Values(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) values[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** The value of 16 bits read as IEEE 754 binary16. Exact. */
export function float16ToFloat32(bits: number): number {
  return FLOAT16_VALUES[bits & 0xffff]!;
}

/** The 16 bits of the binary16 nearest to `value` (first rounded to float32), ties to even; overflow gives infinity. */
export function float32ToFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity: it is half way between 65504, the largest binary16, and 65536.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14: a subnormal counts steps of 2^-24; |value| * 2^24 is exact, so this is the only rounding.
    return sign | roundHalfToEven(Math.abs(scratch.getFloat32(0)) * 2 ** 24);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The value of 16 bits read as bfloat16. Exact. */
export function bfloat16ToFloat32(bits: number): number {
  scratch.setUint32(0, (bits & 0xffff) * 65536);
  return scratch.getFloat32(0);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
