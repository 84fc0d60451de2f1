import { LoraError } from '../../errors.js';
import type { MetadataValue, WeightFormat } from '../../weights/weight-source.js';
import {
  ARCHITECTURES,
  allBlocks,
  architectureOfModelType,
  type BlockSizes,
  type Description,
  isArchitecture,
  unsupportedArchitecture,
} from './architectures.js';
import { rotaryFactors } from './rotary-scaling.js';
import {
  type ArchitectureName,
  type BlockKind,
  PLAIN_TRAITS,
  type TransformerConfig,
} from './transformer-config.js';

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

/** Numbers of a description before they are checked. */
type Sizes = Record<keyof typeof LIMITS | 'rmsNormEpsilon', number | undefined>;

/**
 * The architecture of a GGUF, from its metadata and the shape of its embedding table.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @param frequencyDivisors the tensor `rope_freqs.weight`, [headSize / 2], where the file has it (Llama 3)
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromGguf(
  metadata: ReadonlyMap<string, MetadataValue>,
  embeddingShape: readonly number[] | undefined,
  frequencyDivisors: Float32Array | null = null,
): TransformerConfig {
  const architecture = metadata.get('general.architecture');
  if (!isArchitecture(architecture)) throw unsupportedArchitecture(String(architecture));
  const description: Description = {
    raw: (key) => metadata.get(`${architecture}.${key}`),
    number: (key) => numberOrNothing(metadata.get(`${architecture}.${key}`)),
  };
  const read = description.number;
  const hiddenSize = read('embedding_length');
  const headCount = read('attention.head_count');
  const sizes = checkedSizes({
    hiddenSize,
    blockCount: read('block_count'),
    headCount,
    keyValueHeadCount: read('attention.head_count_kv') ?? headCount,
    headSize: read('attention.key_length') ?? (hiddenSize && headCount ? hiddenSize / headCount : undefined),
    mlpSize: read('feed_forward_length'),
    vocabularySize: embeddingShape?.[0],
    contextLength: read('context_length'),
    rmsNormEpsilon: read('attention.layer_norm_rms_epsilon'),
  });
  const { headSize } = sizes;
  const rotated = read('rope.dimension_count') ?? headSize;
  if (rotated !== headSize)
    throw unsupportedArchitecture(`${architecture} with ${rotated} of ${headSize} places of a head rotated`);
  const scaling = metadata.get(`${architecture}.rope.scaling.type`);
  const linear = scaling === 'linear' ? read('rope.scaling.factor') : undefined;
  if (scaling !== undefined && scaling !== 'none' && linear === undefined) {
    throw unsupportedArchitecture(`${architecture} with ${String(scaling)} rotary scaling`);
  }
  if (frequencyDivisors !== null && frequencyDivisors.length !== headSize / 2) {
    throw badConfig(`rope_freqs has ${frequencyDivisors.length} values for heads of ${headSize}`);
  }
  const factors = frequencyDivisors ? [...frequencyDivisors] : null;
  const plain: BlockKind = {
    ropeTheta: read('rope.freq_base') ?? 10_000,
    rotaryFactors:
      factors ?? (linear === undefined ? null : Array.from({ length: headSize / 2 }, () => linear)),
    window: null,
  };
  return completeConfig(architecture, 'gguf', description, sizes, plain);
}

/**
 * The architecture of a Hugging Face model directory, from its parsed config.json.
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromHuggingFace(json: unknown): TransformerConfig {
  const source = isObject(json) ? json : {};
  const architecture = architectureOfModelType(source.model_type);
  if (architecture === null) throw unsupportedArchitecture(String(source.model_type));
  const description: Description = {
    raw: (key) => source[key],
    number: (key) => numberOrNothing(source[key]),
  };
  const read = description.number;
  const hiddenSize = read('hidden_size');
  const headCount = read('num_attention_heads');
  const sizes = checkedSizes({
    hiddenSize,
    blockCount: read('num_hidden_layers'),
    headCount,
    keyValueHeadCount: read('num_key_value_heads') ?? headCount,
    headSize: read('head_dim') ?? (hiddenSize && headCount ? hiddenSize / headCount : undefined),
    mlpSize: read('intermediate_size'),
    vocabularySize: read('vocab_size'),
    contextLength: read('max_position_embeddings'),
    rmsNormEpsilon: read('rms_norm_eps'),
  });
  const partly = read('partial_rotary_factor') ?? 1;
  if (partly !== 1) throw unsupportedArchitecture(`${architecture} with a part of each head rotated`);
  const given = isObject(source.rope_parameters) ? source.rope_parameters : source.rope_scaling;
  const rope = isObject(given) ? given : {};
  // With several kinds of blocks the parameters stand under the name of each.
  const everywhere = isObject(rope.full_attention) ? rope.full_attention : rope;
  const ropeTheta = numberOrNothing(everywhere.rope_theta) ?? read('rope_theta') ?? 10_000;
  const factors = rotaryFactors(everywhere, ropeTheta, sizes.headSize);
  return completeConfig(architecture, 'safetensors', description, sizes, {
    ropeTheta,
    rotaryFactors: factors,
    window: null,
  });
}

function completeConfig(
  architecture: ArchitectureName,
  format: WeightFormat,
  description: Description,
  sizes: ReturnType<typeof checkedSizes>,
  plain: BlockKind,
): TransformerConfig {
  const { [format]: reader, rotaryLayout } = ARCHITECTURES[architecture];
  const blockKinds = reader.blocks?.(description, sizes, plain) ?? allBlocks(sizes, plain);
  const config: TransformerConfig = {
    architecture,
    ...sizes,
    ...PLAIN_TRAITS,
    ...reader.traits?.(description, sizes),
    rotaryLayout: rotaryLayout[format],
    blockKinds,
  };
  checkTraits(config);
  return config;
}

function checkedSizes(sizes: Sizes): BlockSizes & { [K in keyof Sizes]: number } {
  for (const [key, limit] of Object.entries(LIMITS)) {
    const value = sizes[key as keyof typeof LIMITS];
    if (value === undefined || !Number.isInteger(value) || value < 1 || value > limit) {
      throw badConfig(`${key} is ${value}`);
    }
  }
  const checked = sizes as { [K in keyof Sizes]: number };
  const { headCount, keyValueHeadCount, headSize, rmsNormEpsilon } = checked;
  if (headCount % keyValueHeadCount !== 0)
    throw badConfig(`${headCount} heads cannot share ${keyValueHeadCount}`);
  if (headSize % 2 !== 0) throw badConfig(`the head size ${headSize} is odd`);
  if (!(rmsNormEpsilon > 0)) throw badConfig('rmsNormEpsilon must be positive');
  return checked;
}

function checkTraits(config: TransformerConfig): void {
  const { embeddingScale, residualScale, attentionScale, logitScale } = config;
  for (const [name, value] of Object.entries({ embeddingScale, residualScale, attentionScale, logitScale })) {
    if (value !== null && !(Number.isFinite(value) && value > 0)) throw badConfig(`${name} is ${value}`);
  }
  for (const { ropeTheta, rotaryFactors: factors, window } of config.blockKinds) {
    if (ropeTheta !== null && !(Number.isFinite(ropeTheta) && ropeTheta > 0))
      throw badConfig(`ropeTheta is ${ropeTheta}`);
    if (factors?.some((factor) => !(Number.isFinite(factor) && factor > 0)))
      throw badConfig('a rotary factor is not positive');
    if (window !== null && !(Number.isInteger(window) && window > 0))
      throw badConfig(`the sliding window is ${window}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The error of a description that cannot be true; `why` continues "makes no sense: ". */
export function badConfig(why: string): LoraError {
  return new LoraError('transformer.bad-config', `The base model's description makes no sense: ${why}.`, {
    remedy: 'Fetch the model file again.',
  });
}
