import type { GraphSymbol, Neighbour, SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { lastNameOf } from '../store/chunk-row.js';
import type { ChunkStore } from '../store/chunk-store.js';
import type { Place } from './related.js';
import { type FoundLine, searchLines } from './search-lines.js';

/** A declaration with what it uses and what uses it. */
export interface Declared extends Place {
  symbol: string;
  /** The declaration up to its body, in one line. */
  signature: string;
  /** Strongest first; from matching names, so likely and not certain. */
  uses: Place[];
  usedBy: Place[];
}

/** Where a name is declared, and every line that names it. */
export interface SymbolUses {
  name: string;
  definitions: Declared[];
  /** Lines that name it as a word, its declarations left out; source first. */
  references: FoundLine[];
  /** There are more references than these. */
  isCut: boolean;
}

/** Which symbol. */
export interface SymbolQuery {
  /** `parseConfig` or `Registry.add`. */
  name: string;
  /** Only declarations of this file. */
  path?: string;
  /** References wanted, 1 to 1,000. Defaults to 50. */
  references?: number;
}

const MAX_DEFINITIONS = 20;
const DEFAULT_REFERENCES = 50;

/**
 * Definition and references of a symbol.
 * @throws GardenerError `retrieval.unknown-symbol` when nothing is called so
 */
export async function symbolUses(
  store: ChunkStore,
  graph: SymbolGraph | null,
  { name, path, references = DEFAULT_REFERENCES }: SymbolQuery,
): Promise<SymbolUses> {
  const last = lastNameOf(name);
  const isMeant = ({ symbol, path: at }: GraphSymbol) =>
    (last === name || symbol.toLowerCase().endsWith(name.toLowerCase())) &&
    (path === undefined || at === path);
  const all = (graph?.named(last, 100) ?? []).filter(isMeant);
  // A name in its own spelling is meant, if there is one.
  const exact = all.filter(({ symbol }) => symbol.endsWith(last));
  const definitions = (exact.length > 0 ? exact : all).slice(0, MAX_DEFINITIONS);
  const word = lastNameOf(definitions[0]?.symbol ?? last);
  const declaredAt = new Set(definitions.map((one) => `${one.path}:${one.startLine}`));
  const found = await searchLines(store, { pattern: word, wholeWord: true, k: references + declaredAt.size });
  const lines = found.lines.filter((line) => !declaredAt.has(`${line.path}:${line.line}`));
  if (definitions.length === 0 && lines.length === 0) {
    throw new GardenerError(
      'retrieval.unknown-symbol',
      `Nothing is called ${JSON.stringify(name.slice(0, 200))} in this project.`,
      { remedy: 'Look for it with gardener search; a name is matched whole.' },
    );
  }
  const placeOf = ({ path, startLine, endLine, symbol, kind }: GraphSymbol | Neighbour) => ({
    ...{ path, startLine, endLine, symbol, kind },
  });
  return {
    name: word,
    definitions: definitions.map((one) => ({
      ...placeOf(one),
      signature: one.signature,
      uses: (graph?.dependencies(one) ?? []).map(placeOf),
      usedBy: (graph?.dependents(one) ?? []).map(placeOf),
    })),
    references: lines.slice(0, references),
    isCut: found.isCut || lines.length > references,
  };
}
