import type { TransformerConfig } from '../config/transformer-config.js';

/**
 * Cosines and sines of rotary position embeddings: angle = position / theta^(2i / headSize).
 * @returns cos and sin, each float32 [positions, headSize / 2]
 */
export function rotaryAngles(
  config: TransformerConfig,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const half = config.headSize / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const frequency = config.ropeTheta ** ((-2 * i) / config.headSize);
    for (let position = 0; position < positions; position++) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}
