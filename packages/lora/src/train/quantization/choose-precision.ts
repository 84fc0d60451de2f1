import { LoraError } from '../../errors.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import { largestExactWeight } from './integer-products.js';

/** What a training computes in. */
export interface ChosenPrecision {
  precision: Precision;
  /** Largest code of a weight in 8-bit products. */
  largestWeightCode: number;
  /** Why, one sentence. */
  reason: string;
}

const EIGHT_BITS = 127;

/**
 * The precision to train in on this CPU.
 * @param wantedCode largest code of a weight, where it was asked for
 * @throws LoraError `train.inexact-products` where 8-bit products were asked for that this CPU gets wrong
 */
export async function choosePrecision(
  wanted: Precision | 'auto',
  wantedCode?: number,
  largestExact: () => Promise<number | null> = largestExactWeight,
): Promise<ChosenPrecision> {
  const asked = 'It was asked for.';
  if (wanted === 'float32')
    return { precision: 'float32', largestWeightCode: wantedCode ?? EIGHT_BITS, reason: asked };
  const exact = await largestExact();
  const largestWeightCode = wantedCode ?? exact ?? EIGHT_BITS;
  const fits = exact !== null && largestWeightCode <= exact;
  if (wanted === 'int8') {
    if (!fits) throw inexact(largestWeightCode);
    return { precision: 'int8', largestWeightCode, reason: asked };
  }
  if (!fits)
    return {
      precision: 'float32',
      largestWeightCode,
      reason: 'This CPU does not multiply 8-bit integers exactly.',
    };
  const reason =
    exact < EIGHT_BITS
      ? 'This CPU multiplies 8-bit integers exactly where weights have 7 bits.'
      : 'This CPU multiplies 8-bit integers exactly.';
  return { precision: 'int8', largestWeightCode, reason };
}

function inexact(code: number): LoraError {
  return new LoraError(
    'train.inexact-products',
    `This CPU does not multiply 8-bit integers exactly when weights have codes up to ${code}.`,
    { remedy: 'Train in float32, or leave the choice to `auto`.', details: { code } },
  );
}
