import type { Chunk } from './chunk.js';

const MAX_SIGNATURE_CHARACTERS = 160;

/**
 * One or two lines that say where a chunk stands: its path and enclosing symbols, and the signature of the symbol that
 * it is only a part of. They are put before the text for embedding and in prompts.
 */
export function chunkHeader(chunk: Chunk): string {
  const where = chunk.symbol === null ? chunk.path : `${chunk.path} > ${chunk.symbol.split('.').join(' > ')}`;
  const isPart = chunk.kind === 'block' && chunk.signature !== null && !chunk.text.includes(chunk.signature);
  return isPart ? `${where}\npart of: ${chunk.signature!.slice(0, MAX_SIGNATURE_CHARACTERS)}` : where;
}
