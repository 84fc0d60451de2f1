/** The seven linear modules of a decoder block, in PEFT's spelling. */
export const TARGET_MODULES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;

/** The modules of a block whose file holds queries, keys and values as one matrix, gate and up as another (phi3). */
export const FUSED_TARGET_MODULES = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'] as const;

/** A linear module that an adapter can be trained on. */
export type TargetModule = (typeof TARGET_MODULES)[number] | (typeof FUSED_TARGET_MODULES)[number];

/** Every name that a module can have, each once. */
export const ALL_TARGET_MODULES: readonly TargetModule[] = [
  ...new Set<TargetModule>([...TARGET_MODULES, ...FUSED_TARGET_MODULES]),
];

/** The shape of an adapter: what PEFT's adapter_config.json says of it. */
export interface AdapterConfig {
  rank: number;
  alpha: number;
  /** Dropout on the adapter's input while training. */
  dropout: number;
  targetModules: readonly TargetModule[];
}
