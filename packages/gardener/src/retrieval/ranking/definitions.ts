import { fileStem } from './path-words.js';
import type { QueryNames } from './query-names.js';

/** What a definition is judged by. */
export interface Declaring {
  path: string;
  kind: string;
  startLine: number;
  /** Qualified name of the chunk's own symbol, '' when it has none. */
  symbol: string;
  /** Last names of all that is declared in it, as they are written. */
  names: readonly string[];
}

/** A name of the query that a chunk declares, and how surely it is the one that is meant. */
export interface Definition {
  name: string;
  /** 0 to 1. */
  strength: number;
}

const TYPE_KINDS = new Set(['class', 'interface', 'type', 'enum']);
/** The name is written as in the query, or in other case only. */
const OTHER_CASE = 0.6;
/** Another candidate has it as the query spells it. */
const NOT_AS_SPELLED = 0.25;
/** A word of a sentence that begins with a capital, and the name of a type. */
const CAPITALISED = 0.5;
/** A method of that name is one of many; a piece of a large function declares nothing. */
const KIND = { type: 1, function: 0.9, method: 0.75, among: 0.85, block: 0.4 };
/** Of a file called by the name. */
const OWN_FILE = 1.2;

/**
 * The name of the query that a chunk declares most surely, or null.
 * @param present all names that any candidate declares: beside `paid?` and `Engine` themselves, `paid` and `engine` are
 * hardly meant
 */
export function definitionIn(
  query: QueryNames,
  chunk: Declaring,
  present: ReadonlySet<string>,
): Definition | null {
  let best: Definition | null = null;
  for (const name of chunk.names) {
    const kind = kindOf(chunk, name);
    const spelled = spelling(query, name, present, kind === KIND.type || kind === KIND.among);
    if (spelled === 0) continue;
    const stem = fileStem(chunk.path).toLowerCase();
    const own =
      stem === name.toLowerCase() || stem.replace(/[_-]/g, '') === name.toLowerCase() ? OWN_FILE : 1;
    const strength = Math.min(1, (spelled * own * kind) / OWN_FILE);
    if (best === null || strength > best.strength) best = { name, strength };
  }
  return best;
}

/** How the query spells a name: 1 as it is, less in other case, 0 when it does not name it. */
function spelling(query: QueryNames, name: string, present: ReadonlySet<string>, mayBeType: boolean): number {
  const isAsked = query.exact.has(name);
  if (!isAsked && mayBeType && query.capitalised.has(name)) return CAPITALISED;
  if (!isAsked && !query.symbols.includes(name.toLowerCase())) return 0;
  const isBetter = (other: string) =>
    other !== name &&
    present.has(other) &&
    (isAsked
      ? other.startsWith(name) && /^\W+$/.test(other.slice(name.length))
      : other.toLowerCase() === name.toLowerCase());
  if ([...query.exact].some(isBetter)) return NOT_AS_SPELLED;
  return isAsked ? 1 : OTHER_CASE;
}

function kindOf({ kind, symbol }: Declaring, name: string): number {
  const isOwn = symbol === name || /[.#:]/.test(symbol.charAt(symbol.length - name.length - 1));
  if (!(isOwn && symbol.endsWith(name))) return KIND.among;
  if (TYPE_KINDS.has(kind)) return KIND.type;
  if (kind === 'function') return KIND.function;
  if (kind === 'block') return KIND.block;
  return kind === 'method' ? KIND.method : KIND.among;
}
