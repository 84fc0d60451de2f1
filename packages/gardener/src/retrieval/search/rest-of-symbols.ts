import type { Chunk } from '../../codebase/chunk/chunk.js';
import { chunkOf } from '../store/chunk-row.js';
import type { ChunkStore } from '../store/chunk-store.js';

/** A chunk with the score that it was found with. */
interface Scored {
  chunk: Chunk;
  score: number;
}

/** Results whose symbols are completed: the first ones. */
export const MOST_SYMBOLS = 4;
/** What constructors are called; in some languages as their class is. */
const CONSTRUCTORS = ['__init__', '__new__', 'constructor', '__construct', 'initialize', 'init', 'new'];

/**
 * What else there is of the symbols of the first results: the other chunks of a large function, the constructor of a
 * class and what stands between its methods. A question that names a class asks for these as well, and they are found
 * under other names or none.
 * @returns chunks that are not among those first results, each with the score of the result that it belongs to
 */
export async function restOfSymbols(
  store: Pick<ChunkStore, 'chunksOf'>,
  results: readonly Scored[],
): Promise<Scored[]> {
  const first = results.slice(0, MOST_SYMBOLS);
  const named = first.filter(({ chunk }) => chunk.symbol !== null);
  if (named.length === 0) return [];
  const known = new Set(first.map(({ chunk }) => chunk.id));
  const rows = await store.chunksOf([...new Set(named.map(({ chunk }) => chunk.path))]);
  const chunks = rows.map(chunkOf).filter(({ id, symbol }) => symbol !== null && !known.has(id));
  return chunks
    .flatMap((chunk) => {
      const whole = named.find((result) => isPart(chunk.path, chunk.symbol ?? '', result.chunk));
      return whole === undefined ? [] : [{ chunk, score: whole.score }];
    })
    .sort((a, b) => b.score - a.score || a.chunk.startLine - b.chunk.startLine);
}

function isPart(path: string, symbol: string, of: Chunk): boolean {
  if (path !== of.path || of.symbol === null) return false;
  if (symbol === of.symbol) return true;
  if (!symbol.startsWith(of.symbol)) return false;
  const own = symbol.slice(of.symbol.length).replace(/^(?:\.|::|#)/, '');
  return CONSTRUCTORS.includes(own) || own === of.symbol.split(/[.#:]+/).at(-1);
}
