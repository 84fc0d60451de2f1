import type { CodeRange, Neighbour, SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ChunkStore } from '../store/chunk-store.js';
import { sqlString } from '../store/sql.js';
import { rowIdOf, type StoredRow } from '../store/table-rows.js';

/** A declaration or chunk, by where it stands. */
export interface Place extends CodeRange {
  /** Qualified name, or null. */
  symbol: string | null;
  kind: string;
}

/** What belongs to a place of the code. */
export interface Related {
  /** The chunk at the place. */
  at: Place;
  /** What it calls or uses, strongest first. */
  uses: Place[];
  /** What calls or uses it, strongest first. */
  usedBy: Place[];
  /** Files that its file imports, and that import its file. */
  imports: string[];
  importedBy: string[];
  /** Chunks that say much the same, most alike first, with their cosine. */
  similar: (Place & { similarity: number })[];
}

const DEFAULT_LIMIT = 8;

/**
 * What belongs to a line of a file: by the symbol graph, and by meaning.
 * @param place 1-based line of a path as the index has it
 * @throws GardenerError `retrieval.unknown-place`
 */
export async function relatedTo(
  store: ChunkStore,
  graph: SymbolGraph | null,
  place: { path: string; line: number },
  limit = DEFAULT_LIMIT,
): Promise<Related> {
  const rows = await store.withVectors(`path = ${sqlString(place.path)}`);
  const distance = ({ row }: { row: StoredRow }) =>
    Math.max(Number(row.startLine) - place.line, place.line - Number(row.endLine), 0);
  const own = rows.sort((a, b) => distance(a) - distance(b))[0];
  if (own === undefined) {
    throw new GardenerError(
      'retrieval.unknown-place',
      `${JSON.stringify(place.path.slice(0, 300))} is not in the index of this project.`,
      { remedy: 'Give a path as a search shows it, with a line: src/main.ts:12.' },
    );
  }
  const range = placeOf(own.row);
  const isEmbedded = own.vector.some((value) => value !== 0);
  const near = isEmbedded ? await store.nearest(own.vector, limit + 1, null) : new Map<string, number>();
  near.delete(rowIdOf(own.row));
  const similar = new Map((await store.candidates([...near.keys()])).map((row) => [rowIdOf(row), row]));
  return {
    at: range,
    uses: (graph?.dependencies(range, limit) ?? []).map(neighbour),
    usedBy: (graph?.dependents(range, limit) ?? []).map(neighbour),
    imports: graph?.imports(range.path) ?? [],
    importedBy: graph?.importedBy(range.path) ?? [],
    similar: [...near].slice(0, limit).flatMap(([id, cosine]) => {
      const row = similar.get(id);
      return row === undefined ? [] : [{ ...placeOf(row), similarity: Math.round(cosine * 100) / 100 }];
    }),
  };
}

function placeOf(row: StoredRow): Place {
  const symbol = String(row.symbol);
  return {
    path: String(row.path),
    startLine: Number(row.startLine),
    endLine: Number(row.endLine),
    symbol: symbol === '' ? null : symbol,
    kind: String(row.kind),
  };
}

function neighbour({ path, startLine, endLine, symbol, kind }: Neighbour): Place {
  return { path, startLine, endLine, symbol, kind };
}
