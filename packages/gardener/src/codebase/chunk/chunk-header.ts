import type { Chunk } from './chunk.js';

const MAX_SIGNATURE_CHARACTERS = 160;

/**
 * One or two lines that say where a chunk stands: its path and enclosing symbols, and the signature of the symbol that
 * it is only a part of. They are put before the text for embedding and in prompts.
 */
export function chunkHeader(chunk: Chunk): string {
  const where = chunk.symbol === null ? chunk.path : `${chunk.path} > ${chunk.symbol.split('.').join(' > ')}`;
  const { kind, signature, text } = chunk;
  if (kind !== 'block' || signature === null || text.includes(signature)) return where;
  return `${where}\npart of: ${signature.slice(0, MAX_SIGNATURE_CHARACTERS)}`;
}
