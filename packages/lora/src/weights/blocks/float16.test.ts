import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, FLOAT16_VALUES, float16ToFloat32, float32ToFloat16 } from './float16.js';

describe('float16', () => {
  it('comes back to the same bits for every pattern that is not NaN', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      if (Number.isNaN(FLOAT16_VALUES[bits]!)) continue;
      if (float32ToFloat16(float16ToFloat32(bits)) !== bits) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it('rounds every midpoint of neighbours to the even one, and values beside it to the nearer', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = (FLOAT16_VALUES[bits]! + FLOAT16_VALUES[bits + 1]!) / 2; // 12 significant bits: exact in float32
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (float32ToFloat16(middle) !== even || float32ToFloat16(-middle) !== (even | 0x8000))
        wrong.push(bits);
      if (float32ToFloat16(middle * (1 - 2 ** -20)) !== bits) wrong.push(bits);
      if (float32ToFloat16(middle * (1 + 2 ** -20)) !== bits + 1) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it('keeps the sign of zero, infinity and NaN, and overflows from 65520 on', () => {
    expect(float32ToFloat16(-0)).toBe(0x8000);
    expect(float32ToFloat16(Number.POSITIVE_INFINITY)).toBe(0x7c00);
    expect(float32ToFloat16(Number.NEGATIVE_INFINITY)).toBe(0xfc00);
    expect(float16ToFloat32(float32ToFloat16(Number.NaN))).toBeNaN();
    expect(float32ToFloat16(65519.99)).toBe(0x7bff);
    expect(float32ToFloat16(65520)).toBe(0x7c00);
  });

  it('reads bfloat16 as the upper half of a float32', () => {
    expect(bfloat16ToFloat32(0x3fc0)).toBe(1.5);
    expect(bfloat16ToFloat32(0xc000)).toBe(-2);
    expect(bfloat16ToFloat32(0x0001)).toBe(2 ** -133);
  });
});
