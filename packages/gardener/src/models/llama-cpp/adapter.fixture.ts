import {
  type LoraAdapter,
  type LoraPair,
  loadBaseModel,
  type TARGET_MODULES,
  type TransformerConfig,
  writeGgufAdapter,
} from '@codebase-gardener/lora';

/** The size of a random adapter. */
export interface AdapterSize {
  rank: number;
  targetModules: readonly (typeof TARGET_MODULES)[number][];
}

const smallSize: AdapterSize = { rank: 4, targetModules: ['q_proj', 'down_proj'] };

/**
 * Writes a GGUF adapter with random weights for a base model.
 * @param seed gives the weights; 0 leaves B zero, so that the adapter changes nothing
 * @param scale standard deviation of B; 0.1 changes answers clearly
 * @param size defaults to rank 4 on two modules
 */
export async function writeRandomAdapter(
  file: string,
  basePath: string,
  seed: number,
  scale = 0.1,
  size = smallSize,
): Promise<void> {
  await using base = await loadBaseModel(basePath);
  await writeGgufAdapter(file, randomAdapter(base.config, seed, scale, size), base.config);
}

function randomAdapter(
  config: TransformerConfig,
  seed: number,
  scale: number,
  { rank, targetModules }: AdapterSize,
): LoraAdapter {
  const next = randomNumbers(seed);
  const pair = (inFeatures: number, outFeatures: number): LoraPair => ({
    a: Float32Array.from({ length: rank * inFeatures }, () => next() / Math.sqrt(inFeatures)),
    b: Float32Array.from({ length: outFeatures * rank }, () => (seed === 0 ? 0 : next() * scale)),
    inFeatures,
    outFeatures,
  });
  const { hiddenSize, mlpSize, headSize } = config;
  const querySize = config.headCount * headSize;
  const keySize = config.keyValueHeadCount * headSize;
  const shapes: Record<AdapterSize['targetModules'][number], [number, number]> = {
    q_proj: [hiddenSize, querySize],
    k_proj: [hiddenSize, keySize],
    v_proj: [hiddenSize, keySize],
    o_proj: [querySize, hiddenSize],
    gate_proj: [hiddenSize, mlpSize],
    up_proj: [hiddenSize, mlpSize],
    down_proj: [mlpSize, hiddenSize],
  };
  return {
    config: { rank, alpha: 2 * rank, dropout: 0, targetModules: [...targetModules] },
    blocks: Array.from({ length: config.blockCount }, () =>
      Object.fromEntries(targetModules.map((module) => [module, pair(...shapes[module])])),
    ),
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
