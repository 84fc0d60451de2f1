import {
  type LoraAdapter,
  type LoraPair,
  loadBaseModel,
  type TransformerConfig,
  writeGgufAdapter,
} from '@codebase-gardener/lora';

/**
 * Writes a GGUF adapter with random weights for a base model.
 * @param seed gives the weights; 0 leaves B zero, so that the adapter changes nothing
 * @param scale standard deviation of B; 0.1 changes answers clearly
 */
export async function writeRandomAdapter(
  file: string,
  basePath: string,
  seed: number,
  scale = 0.1,
): Promise<void> {
  const base = await loadBaseModel(basePath);
  try {
    await writeGgufAdapter(file, randomAdapter(base.config, seed, scale), base.config);
  } finally {
    await base.close();
  }
}

function randomAdapter(config: TransformerConfig, seed: number, scale: number): LoraAdapter {
  const next = randomNumbers(seed);
  const rank = 4;
  const pair = (inFeatures: number, outFeatures: number): LoraPair => ({
    a: Float32Array.from({ length: rank * inFeatures }, () => next() / Math.sqrt(inFeatures)),
    b: Float32Array.from({ length: outFeatures * rank }, () => (seed === 0 ? 0 : next() * scale)),
    inFeatures,
    outFeatures,
  });
  const { hiddenSize, mlpSize } = config;
  const querySize = config.headCount * config.headSize;
  return {
    config: { rank, alpha: 2 * rank, dropout: 0, targetModules: ['q_proj', 'down_proj'] },
    blocks: Array.from({ length: config.blockCount }, () => ({
      q_proj: pair(hiddenSize, querySize),
      down_proj: pair(mlpSize, hiddenSize),
    })),
  };
}

/** Uniform numbers of variance 1 from a linear congruential generator (Numerical Recipes' constants). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  };
}
