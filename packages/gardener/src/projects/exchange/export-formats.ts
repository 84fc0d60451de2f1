/** What an adapter can be written as. Light: the command line starts with it. */
export const EXPORT_FORMATS = ['peft', 'gguf', 'merged', 'ollama'] as const;

/** See `EXPORT_FORMATS`. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
