import { isQualifiedBy } from '../ranking/definitions.js';
import type { QueryNames } from '../ranking/query-names.js';
import { askedStems, stemsOfName } from '../ranking/words.js';
import { lastNameOf } from '../store/chunk-row.js';

/** A declaration by where it stands. */
interface Standing {
  path: string;
  /** Qualified name, '' when it has none. */
  symbol: string;
}

/** A name or path that is spelled out says more than words. */
const SPELLED = 10;

/**
 * How much of what tells a chunk from its like a query names: the words of its own name and of its container's, each
 * where the query has all of them, its path, and its qualified name. Beside `AsyncClient.get`, `Client.get` is what
 * "the default of Client.get" and "get of the client" name; of the async client it is the other.
 */
export function namedBy(query: string, names: QueryNames): (chunk: Standing) => number {
  const asked = askedStems(query);
  const words = (name: string) => {
    const stems = new Set(stemsOfName(name));
    return [...stems].every((stem) => asked.has(stem)) ? stems.size : 0;
  };
  return (chunk) => {
    const parts = chunk.symbol.split(/[.#:]+/).slice(-2);
    const isAtPath = names.paths.some((path) => chunk.path === path || chunk.path.endsWith(`/${path}`));
    return (
      parts.reduce((sum, part) => sum + words(part), 0) +
      (isAtPath ? SPELLED : 0) +
      (isSpelled(names, chunk) ? SPELLED : 0)
    );
  };
}

/** Whether a query spells a chunk's own name with what it belongs to. */
export function isSpelled({ qualified }: QueryNames, chunk: Standing): boolean {
  const own = lastNameOf(chunk.symbol).toLowerCase();
  return qualified.some((parts) => parts.at(-1)?.toLowerCase() === own && isQualifiedBy(parts, chunk));
}
