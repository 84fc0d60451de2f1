import type { TransformerConfig } from '../transformer/architecture.js';
import type { TargetModule } from './adapter.js';

/** Size of a linear module's weight [outFeatures, inFeatures] in a base model. */
export function moduleShape(
  config: TransformerConfig,
  module: TargetModule,
): { inFeatures: number; outFeatures: number } {
  const queryFeatures = config.headCount * config.headSize;
  switch (module) {
    case 'q_proj':
      return { inFeatures: config.hiddenSize, outFeatures: queryFeatures };
    case 'k_proj':
    case 'v_proj':
      return { inFeatures: config.hiddenSize, outFeatures: config.keyValueHeadCount * config.headSize };
    case 'o_proj':
      return { inFeatures: queryFeatures, outFeatures: config.hiddenSize };
    case 'gate_proj':
    case 'up_proj':
      return { inFeatures: config.hiddenSize, outFeatures: config.mlpSize };
    case 'down_proj':
      return { inFeatures: config.mlpSize, outFeatures: config.hiddenSize };
  }
}

/** Heads that rotary embedding divides a module's rows into; null for the modules it does not touch. */
export function rotaryHeads(config: TransformerConfig, module: TargetModule): number | null {
  if (module === 'q_proj') return config.headCount;
  if (module === 'k_proj') return config.keyValueHeadCount;
  return null;
}
