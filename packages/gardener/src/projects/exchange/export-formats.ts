/** What an adapter can be written as. Light: the command line starts with it. */
export const EXPORT_FORMATS = ['peft', 'gguf', 'mlx', 'merged', 'ollama'] as const;

/** See `EXPORT_FORMATS`. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How the weights of a merged model can be stored. */
export const MERGED_TYPES = ['F16', 'Q8_0', 'base'] as const;

/** See `MERGED_TYPES`. */
export type MergedWeights = (typeof MERGED_TYPES)[number];
