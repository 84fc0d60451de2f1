import { unsupportedArchitecture } from './architectures.js';

/** A finite number of the description, or an error that says which one is missing. */
function figure(rope: Record<string, unknown>, key: string): number {
  const value = rope[key];
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw unsupportedArchitecture(`a model whose rotary scaling has no ${key}`);
}

/**
 * What each rotary frequency is divided by, from config.json's rope parameters: nothing, one factor for all (`linear`,
 * https://arxiv.org/abs/2306.15595), or Llama 3's by wavelength (`llama3`, https://arxiv.org/abs/2407.21783, as
 * transformers computes it).
 * @returns headSize / 2 factors, or null for one
 * @throws LoraError `transformer.unsupported-architecture` for another kind of scaling
 */
export function rotaryFactors(
  rope: Record<string, unknown>,
  ropeTheta: number,
  headSize: number,
): number[] | null {
  const type = rope.rope_type ?? rope.type ?? 'default';
  if (type === 'default') return null;
  const factor = figure(rope, 'factor');
  if (type === 'linear') return Array.from({ length: headSize / 2 }, () => factor);
  if (type !== 'llama3') throw unsupportedArchitecture(`a model with ${String(type)} rotary scaling`);
  const context = figure(rope, 'original_max_position_embeddings');
  const low = figure(rope, 'low_freq_factor');
  const high = figure(rope, 'high_freq_factor');
  return Array.from({ length: headSize / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * ropeTheta ** ((2 * i) / headSize);
    if (wavelength < context / high) return 1;
    if (wavelength > context / low) return factor;
    const smooth = (context / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
