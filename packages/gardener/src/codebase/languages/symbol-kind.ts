/** What a language's query or rules can find declared. The stored symbol graph spells the kinds like this. */
export const SYMBOL_KINDS = [
  'function',
  'method',
  'class',
  'interface',
  'type',
  'enum',
  'namespace',
  'constant',
  /** A part of a text that is no program: what stands under a heading, a top-level key, a table of settings. */
  'section',
] as const;

/** See `SYMBOL_KINDS`. */
export type SymbolKind = (typeof SYMBOL_KINDS)[number];
