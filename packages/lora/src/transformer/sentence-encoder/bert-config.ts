import { LoraError } from '../../errors.js';

/** The numbers that define a BERT encoder, from a Hugging Face config.json. */
export interface BertConfig {
  hiddenSize: number;
  blockCount: number;
  headCount: number;
  mlpSize: number;
  vocabularySize: number;
  /** Longest sequence the position table has a row for. */
  maxPositions: number;
  layerNormEpsilon: number;
}

/** A config.json that claims more is not a sentence encoder a laptop could run. */
const MAX_SIZE = 1 << 20;

/**
 * Reads a parsed config.json.
 * @throws LoraError `transformer.unsupported-architecture` when it is not a BERT with absolute positions and erf-GELU
 */
export function bertConfigFromJson(json: unknown): BertConfig {
  const values = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if (values.model_type !== 'bert')
    throw unsupported(`its model_type is ${printable(values.model_type)}, not bert`);
  if (values.hidden_act !== 'gelu')
    throw unsupported(`its activation is ${printable(values.hidden_act)}, not gelu`);
  if ((values.position_embedding_type ?? 'absolute') !== 'absolute') {
    throw unsupported('its position embeddings are not absolute');
  }
  const count = (key: string) => {
    const value = values[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_SIZE) {
      throw unsupported(`its ${key} is ${printable(value)}`);
    }
    return value;
  };
  const epsilon = values.layer_norm_eps ?? 1e-12;
  if (typeof epsilon !== 'number' || !(epsilon > 0 && epsilon < 1)) {
    throw unsupported(`its layer_norm_eps is ${printable(epsilon)}`);
  }
  const config = {
    hiddenSize: count('hidden_size'),
    blockCount: count('num_hidden_layers'),
    headCount: count('num_attention_heads'),
    mlpSize: count('intermediate_size'),
    vocabularySize: count('vocab_size'),
    maxPositions: count('max_position_embeddings'),
    layerNormEpsilon: epsilon,
  };
  if (config.hiddenSize % config.headCount !== 0)
    throw unsupported('its hidden size is no multiple of its heads');
  return config;
}

const printable = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? 'missing';

function unsupported(why: string): LoraError {
  return new LoraError(
    'transformer.unsupported-architecture',
    `This embedding model cannot be used: ${why}.`,
    {
      remedy: 'Use a BERT sentence encoder such as all-MiniLM-L6-v2.',
    },
  );
}
