/**
 * Cosines and sines of rotary position embeddings: angle = position / (theta^(2i / headSize) * factor of i).
 * https://arxiv.org/abs/2104.09864
 * @param factors what each frequency is divided by, headSize / 2 of them; null for one
 * @returns cos and sin, each float32 [positions, headSize / 2]
 */
export function rotaryAngles(
  headSize: number,
  theta: number,
  factors: readonly number[] | null,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const half = headSize / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const frequency = theta ** ((-2 * i) / headSize) / (factors?.[i] ?? 1);
    for (let position = 0; position < positions; position++) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}
