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
/** Another candidate is in the class or module that the query spells before the name. */
const OF_ANOTHER = 0.4;
/** A word of a sentence that begins with a capital, and the name of a type. */
const CAPITALISED = 0.5;
/** A method of that name is one of many; a piece of a large function declares nothing. */
const KIND = { type: 1, function: 0.9, method: 0.75, among: 0.85, block: 0.4 };
/** Of a file called by the name. */
const OWN_FILE = 1.2;

/** What candidates have of a query's names: beside what is spelled as in it, what only resembles it is hardly meant. */
export interface Present {
  /** All names that any of them declares. */
  names: ReadonlySet<string>;
  /** The query's qualified names that any of them has. */
  qualified: QueryNames['qualified'];
}

/** What candidates have of a query's names. */
export function presentAmong(query: QueryNames, candidates: readonly Declaring[]): Present {
  return {
    names: new Set(candidates.flatMap(({ names }) => names)),
    qualified: query.qualified.filter((parts) =>
      candidates.some((one) => declares(one, parts) && isQualifiedBy(parts, one)),
    ),
  };
}

/** The name of the query that a chunk declares most surely, or null. */
export function definitionIn(query: QueryNames, chunk: Declaring, present: Present): Definition | null {
  let best: Definition | null = null;
  for (const name of chunk.names) {
    const kind = kindOf(chunk, name);
    const mayBeType = kind === KIND.type || kind === KIND.among;
    const spelled = spelling(query, name, present.names, mayBeType) * owning(chunk, name, present);
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

/** Less than 1 for a name that the query qualifies otherwise, where a candidate is what it says. */
function owning(chunk: Declaring, name: string, { qualified }: Present): number {
  const meant = qualified.filter((parts) => parts.at(-1)?.toLowerCase() === name.toLowerCase());
  return meant.length === 0 || meant.some((parts) => isQualifiedBy(parts, chunk)) ? 1 : OF_ANOTHER;
}

function declares({ names }: Declaring, parts: readonly string[]): boolean {
  const last = parts.at(-1)?.toLowerCase();
  return names.some((name) => name.toLowerCase() === last);
}

function kindOf({ kind, symbol }: Declaring, name: string): number {
  const isOwn = symbol === name || /[.#:]/.test(symbol.charAt(symbol.length - name.length - 1));
  if (!(isOwn && symbol.endsWith(name))) return KIND.among;
  if (TYPE_KINDS.has(kind)) return KIND.type;
  if (kind === 'function') return KIND.function;
  if (kind === 'block') return KIND.block;
  return kind === 'method' ? KIND.method : KIND.among;
}

/**
 * Whether a declaration called as the last of the `parts` stands in what the others name: its class or module, or for
 * what is in none its file or folder. Where more is named than the symbol says (`httpx.Client.get`) so much must agree.
 * @param parts of a qualified name as a query spells it, two at least
 */
export function isQualifiedBy(
  parts: readonly string[],
  { path, symbol }: Pick<Declaring, 'path' | 'symbol'>,
): boolean {
  const lower = parts.map((part) => part.toLowerCase());
  const name = lower.at(-1);
  const owners = lower.slice(0, -1);
  const own = symbol.toLowerCase().split(/[.#:]+/);
  // A chunk may be of a whole class, and the name one of its methods.
  const containers = own.at(-1) === name ? own.slice(0, -1) : own.filter((part) => part !== '');
  if (containers.length === 0) return placesOf(path).includes(owners.at(-1) ?? '');
  const depth = Math.min(owners.length, containers.length);
  return owners.slice(-depth).join('.') === containers.slice(-depth).join('.');
}

/** What a file's declarations are said to be in: the file, and the folder it is in. */
function placesOf(path: string): string[] {
  const folder = path.split('/').at(-2) ?? '';
  return [fileStem(path).toLowerCase(), folder.toLowerCase()];
}
