import {
  type LoraAdapter,
  type LoraPair,
  TARGET_MODULES,
  type TargetModule,
  type TransformerConfig,
} from '@codebase-gardener/lora';

/** Non-zero A and B in every module, from a fixed seed: with B = 0 a wrong row order would not show. */
export function randomAdapter(config: TransformerConfig, rank = 8): LoraAdapter {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const pair = (module: TargetModule): LoraPair => {
    const [inFeatures, outFeatures] = shapeOf(config, module);
    const a = Float32Array.from({ length: rank * inFeatures }, () => next() * 0.1);
    const b = Float32Array.from({ length: outFeatures * rank }, () => next() * 0.1);
    return { a, b, inFeatures, outFeatures };
  };
  const blocks = Array.from({ length: config.blockCount }, () =>
    Object.fromEntries(TARGET_MODULES.map((module) => [module, pair(module)])),
  );
  return { config: { rank, alpha: 2 * rank, dropout: 0, targetModules: TARGET_MODULES }, blocks };
}

function shapeOf(config: TransformerConfig, module: TargetModule): [inFeatures: number, outFeatures: number] {
  const { hiddenSize, mlpSize, headSize, headCount, keyValueHeadCount } = config;
  if (module === 'q_proj') return [hiddenSize, headCount * headSize];
  if (module === 'k_proj' || module === 'v_proj') return [hiddenSize, keyValueHeadCount * headSize];
  if (module === 'o_proj') return [headCount * headSize, hiddenSize];
  return module === 'down_proj' ? [mlpSize, hiddenSize] : [hiddenSize, mlpSize];
}
