import { LoraError } from '../../errors.js';
import type { WeightFormat, WeightSource } from '../../weights/weight-source.js';
import {
  type Architecture,
  type ConfigNumber,
  findArchitecture,
  modelTensorName,
  unsupportedArchitecture,
} from './architectures.js';
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

const DEFAULT_ROPE_THETA = 10_000;

/**
 * The configuration of a GGUF, from its metadata and the shape of its embedding table.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromGguf({
  metadata,
  tensors,
}: Pick<WeightSource, 'metadata' | 'tensors'>): TransformerConfig {
  const architecture = findArchitecture(metadata.get('general.architecture'), 'gguf');
  const embedding = tensors.get(modelTensorName({ architecture: architecture.name }, 'gguf', 'embedding'));
  const read = (number: ConfigNumber) =>
    numberOrNothing(metadata.get(`${architecture.name}.${architecture.configKeys[number].gguf}`));
  return checkedConfig(architecture, 'gguf', { ...readNumbers(read), vocabularySize: embedding?.shape[0] });
}

/**
 * The configuration of a Hugging Face model directory, from its parsed config.json.
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export function configFromHuggingFace(json: unknown): TransformerConfig {
  const source = objectOrEmpty(json);
  const architecture = findArchitecture(source.model_type, 'safetensors');
  const rope = objectOrEmpty(source.rope_parameters ?? source.rope_scaling);
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default') {
    throw unsupportedArchitecture(`${architecture.name} with ${String(ropeType)} rotary scaling`);
  }
  const read = (number: ConfigNumber) => {
    const key = architecture.configKeys[number].safetensors;
    // Newer files keep the base of rotary angles beside the scaling.
    return numberOrNothing(rope[key]) ?? numberOrNothing(source[key]);
  };
  const vocabularySize = numberOrNothing(source.vocab_size);
  return checkedConfig(architecture, 'safetensors', { ...readNumbers(read), vocabularySize });
}

type Sizes = { [K in ConfigNumber | 'vocabularySize']: number | undefined };

/** The numbers of a configuration, those that a file may leave out filled in. */
function readNumbers(read: (number: ConfigNumber) => number | undefined): Omit<Sizes, 'vocabularySize'> {
  const hiddenSize = read('hiddenSize');
  const headCount = read('headCount');
  return {
    hiddenSize,
    headCount,
    blockCount: read('blockCount'),
    keyValueHeadCount: read('keyValueHeadCount') ?? headCount,
    headSize: read('headSize') ?? (hiddenSize && headCount ? hiddenSize / headCount : undefined),
    mlpSize: read('mlpSize'),
    contextLength: read('contextLength'),
    ropeTheta: read('ropeTheta') ?? DEFAULT_ROPE_THETA,
    rmsNormEpsilon: read('rmsNormEpsilon'),
  };
}

function checkedConfig(
  { name, rotaryLayout }: Architecture,
  format: WeightFormat,
  sizes: Sizes,
): TransformerConfig {
  for (const [key, limit] of Object.entries(LIMITS)) {
    const value = sizes[key as keyof typeof LIMITS];
    if (value === undefined || !Number.isInteger(value) || value < 1 || value > limit) {
      throw badConfig(`${key} is ${value}`);
    }
  }
  const { headCount, keyValueHeadCount, headSize, ropeTheta, rmsNormEpsilon } = sizes as Complete;
  if (headCount % keyValueHeadCount !== 0)
    throw badConfig(`${headCount} heads cannot share ${keyValueHeadCount}`);
  if (headSize % 2 !== 0) throw badConfig(`the head size ${headSize} is odd`);
  if (!(ropeTheta > 0) || !(rmsNormEpsilon > 0))
    throw badConfig('ropeTheta and rmsNormEpsilon must be positive');
  return { architecture: name, ...(sizes as Complete), rotaryLayout: rotaryLayout[format] };
}

type Complete = { [K in keyof Sizes]: number };

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function objectOrEmpty(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
}

function badConfig(why: string): LoraError {
  return new LoraError('transformer.bad-config', `The base model's description makes no sense: ${why}.`, {
    remedy: 'Fetch the model file again.',
  });
}
