import { LoraError } from '../../errors.js';
import type { MetadataValue } from '../../weights/weight-source.js';
import type { TransformerConfig } from './transformer-config.js';

// Limits on numbers read from a file: far above every known model, low enough that no allocation gets out of hand.
const LIMITS = {
  hiddenSize: 65_536,
  blockCount: 1_024,
  headCount: 1_024,
  keyValueHeadCount: 1_024,
  headSize: 1_024,
  mlpSize: 1 << 20,
  vocabularySize: 1 << 20,
  contextLength: 1 << 24,
} as const;

/**
 * The architecture of a GGUF, from its metadata and the shape of its embedding table.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromGguf(
  metadata: ReadonlyMap<string, MetadataValue>,
  embeddingShape: readonly number[] | undefined,
): TransformerConfig {
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'llama') throw unsupportedArchitecture(String(architecture));
  const read = (key: string): number | undefined => {
    const value = metadata.get(`llama.${key}`);
    return typeof value === 'number' ? value : undefined;
  };
  const hiddenSize = read('embedding_length');
  const headCount = read('attention.head_count');
  return checkedConfig({
    architecture: 'llama',
    hiddenSize,
    blockCount: read('block_count'),
    headCount,
    keyValueHeadCount: read('attention.head_count_kv') ?? headCount,
    headSize: read('attention.key_length') ?? (hiddenSize && headCount ? hiddenSize / headCount : undefined),
    mlpSize: read('feed_forward_length'),
    vocabularySize: embeddingShape?.[0],
    contextLength: read('context_length'),
    ropeTheta: read('rope.freq_base') ?? 10_000,
    rmsNormEpsilon: read('attention.layer_norm_rms_epsilon'),
    rotaryLayout: 'interleaved',
  });
}

/**
 * The architecture of a Hugging Face model directory, from its parsed config.json.
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromHuggingFace(json: unknown): TransformerConfig {
  const source = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if (source.model_type !== 'llama') throw unsupportedArchitecture(String(source.model_type));
  const read = (key: string): number | undefined =>
    typeof source[key] === 'number' ? source[key] : undefined;
  const rope = (source.rope_parameters ?? source.rope_scaling ?? {}) as Record<string, unknown>;
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default') throw unsupportedArchitecture(`llama with ${String(ropeType)} rotary scaling`);
  const ropeTheta = typeof rope.rope_theta === 'number' ? rope.rope_theta : read('rope_theta');
  const hiddenSize = read('hidden_size');
  const headCount = read('num_attention_heads');
  return checkedConfig({
    architecture: 'llama',
    hiddenSize,
    blockCount: read('num_hidden_layers'),
    headCount,
    keyValueHeadCount: read('num_key_value_heads') ?? headCount,
    headSize: read('head_dim') ?? (hiddenSize && headCount ? hiddenSize / headCount : undefined),
    mlpSize: read('intermediate_size'),
    vocabularySize: read('vocab_size'),
    contextLength: read('max_position_embeddings'),
    ropeTheta: ropeTheta ?? 10_000,
    rmsNormEpsilon: read('rms_norm_eps'),
    rotaryLayout: 'halves',
  });
}

type Unchecked = { [K in keyof TransformerConfig]: TransformerConfig[K] | undefined };

function checkedConfig(config: Unchecked): TransformerConfig {
  for (const [key, limit] of Object.entries(LIMITS)) {
    const value = config[key as keyof typeof LIMITS];
    if (!Number.isInteger(value) || value! < 1 || value! > limit) throw badConfig(`${key} is ${value}`);
  }
  const { headCount, keyValueHeadCount, headSize, ropeTheta, rmsNormEpsilon } = config as TransformerConfig;
  if (headCount % keyValueHeadCount !== 0)
    throw badConfig(`${headCount} heads cannot share ${keyValueHeadCount}`);
  if (headSize % 2 !== 0) throw badConfig(`the head size ${headSize} is odd`);
  if (!(ropeTheta > 0) || !(rmsNormEpsilon > 0))
    throw badConfig('ropeTheta and rmsNormEpsilon must be positive');
  return config as TransformerConfig;
}

function badConfig(why: string): LoraError {
  return new LoraError('transformer.bad-config', `The base model's description makes no sense: ${why}.`, {
    remedy: 'Fetch the model file again.',
  });
}

function unsupportedArchitecture(architecture: string): LoraError {
  return new LoraError(
    'transformer.unsupported-architecture',
    `The base model's architecture is ${architecture}; this version trains llama only.`,
    {
      remedy: 'Choose a llama-architecture base model, such as smollm2-135m-instruct.',
      details: { architecture },
    },
  );
}
