/** The seven linear modules of a llama-like block, in PEFT's spelling. */
export const TARGET_MODULES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;
export type TargetModule = (typeof TARGET_MODULES)[number];

/** The shape of an adapter: what PEFT's adapter_config.json says of it. */
export interface AdapterConfig {
  rank: number;
  alpha: number;
  /** Dropout on the adapter's input while training. */
  dropout: number;
  targetModules: readonly TargetModule[];
}
