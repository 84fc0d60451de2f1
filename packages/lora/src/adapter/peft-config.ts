import {
  type AdapterConfig,
  ALL_TARGET_MODULES,
  type TargetModule,
} from '../transformer/config/adapter-config.js';
import { isAlpha, isRank, unsupported } from './check-adapter.js';
import { damaged } from './json-file.js';

/** What PEFT's adapter_config.json says, checked. */
export interface PeftConfig {
  rank: number;
  /** With the scale of rank-stabilised LoRA already turned into plain LoRA's. */
  alpha: number;
  dropout: number;
  /** Null where PEFT was given a pattern instead of names: then the tensors tell. */
  targetModules: TargetModule[] | null;
  /** Null: all blocks. */
  blocks: number[] | null;
}

/**
 * The content of adapter_config.json for an adapter, in PEFT's spelling.
 * @param blocks the trained blocks when they are not all of them; null otherwise
 */
export function peftConfigJson(
  config: AdapterConfig,
  blocks: readonly number[] | null,
  baseModelName: string,
): Record<string, unknown> {
  return {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: baseModelName,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: blocks,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: config.rank,
    rank_pattern: {},
    revision: null,
    target_modules: [...config.targetModules],
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
}

/**
 * Checks an adapter_config.json. Rank-stabilised LoRA scales by alpha / sqrt(rank) where plain LoRA scales by
 * alpha / rank (arXiv:2312.03732), so it becomes plain LoRA with alpha * sqrt(rank).
 * @throws LoraError `adapter.unsupported` for what cannot be served, `adapter.damaged` for impossible values
 */
export function parsePeftConfig(path: string, json: Record<string, unknown>): PeftConfig {
  refuseUnsupported(json);
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout = 0, use_rslora: stabilised } = json;
  if (!isRank(rank)) throw damaged(path, 'r is not a positive integer');
  if (!isAlpha(alpha)) throw damaged(path, 'lora_alpha is not a number above 0 and up to 1,000,000');
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1)) {
    throw damaged(path, 'lora_dropout is not between 0 and 1');
  }
  return {
    rank,
    alpha: stabilised === true ? alpha * Math.sqrt(rank) : alpha,
    dropout,
    targetModules: parseTargetModules(path, json.target_modules),
    blocks: parseBlocks(path, json.layers_to_transform),
  };
}

/** Settings that change what an adapter computes, and that plain LoRA on linear modules has not. */
const REFUSED_WHEN_SET: readonly (readonly [key: string, what: string])[] = [
  ['use_dora', 'DoRA (use_dora)'],
  ['use_qalora', 'QA-LoRA (use_qalora)'],
  ['lora_bias', 'a bias beside its matrices (lora_bias)'],
  ['fan_in_fan_out', 'transposed weights (fan_in_fan_out)'],
  ['modules_to_save', 'fully trained modules (modules_to_save)'],
  ['rank_pattern', 'a different rank for some modules (rank_pattern)'],
  ['alpha_pattern', 'a different alpha for some modules (alpha_pattern)'],
  ['exclude_modules', 'excluded modules (exclude_modules)'],
  ['layer_replication', 'replicated blocks (layer_replication)'],
  ['trainable_token_indices', 'trained token embeddings (trainable_token_indices)'],
  ['target_parameters', 'trained parameters outside of modules (target_parameters)'],
  ['alora_invocation_tokens', 'activated LoRA (alora_invocation_tokens)'],
  ['arrow_config', 'routing between adapters (arrow_config)'],
  ['use_bdlora', 'BD-LoRA (use_bdlora)'],
  ['kasa_config', 'KaSA (kasa_config)'],
  ['monteclora_config', 'MonteCLoRA (monteclora_config)'],
  ['velora_config', 'VeLoRA (velora_config)'],
];

/** Ways of initialising that leave the base weights as they are; PiSSA, OLoRA and their like change them. */
const HARMLESS_INITIALISATIONS: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  'gaussian',
  'orthogonal',
  'eva',
];

function refuseUnsupported(json: Record<string, unknown>): void {
  if (json.peft_type !== 'LORA') {
    throw unsupported(`The adapter is of the kind ${printed(json.peft_type)}, not LoRA.`);
  }
  const reasons = REFUSED_WHEN_SET.filter(([key]) => isSet(json[key])).map(([, what]) => what);
  if (json.bias !== undefined && json.bias !== 'none')
    reasons.push(`trained biases (bias ${printed(json.bias)})`);
  if (!HARMLESS_INITIALISATIONS.includes(json.init_lora_weights)) {
    reasons.push(`changed base weights (init_lora_weights ${printed(json.init_lora_weights)})`);
  }
  if (reasons.length > 0)
    throw unsupported(`The adapter uses ${reasons.join(', ')}, which is not supported.`);
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function parseTargetModules(path: string, value: unknown): TargetModule[] | null {
  if (typeof value === 'string') return null;
  if (!Array.isArray(value) || value.length === 0 || value.length > 1000) {
    throw damaged(path, 'target_modules is not a list of names');
  }
  const others = value.filter((name) => !ALL_TARGET_MODULES.includes(name));
  // Longer names ("self_attn.q_proj", "layers.3.mlp.up_proj") select too: leave it to the tensors.
  if (
    others.some(
      (name) => typeof name === 'string' && ALL_TARGET_MODULES.some((known) => name.endsWith(`.${known}`)),
    )
  ) {
    return null;
  }
  if (others.length > 0) {
    const names = others.map(printed).join(', ');
    throw unsupported(`The adapter trains the modules ${names}, which are not linear modules of a block.`);
  }
  return ALL_TARGET_MODULES.filter((name) => value.includes(name));
}

function parseBlocks(path: string, value: unknown): number[] | null {
  if (value === undefined || value === null) return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const isBlock = (item: unknown): item is number =>
    typeof item === 'number' && Number.isInteger(item) && item >= 0;
  if (list.length > 10_000 || !list.every(isBlock))
    throw damaged(path, 'layers_to_transform is not a list of blocks');
  return list;
}

/** A value of the file for a sentence: short, without control characters. */
function printed(value: unknown): string {
  return String(JSON.stringify(value))
    .slice(0, 60)
    .replaceAll(/\p{Cc}/gu, '?');
}
