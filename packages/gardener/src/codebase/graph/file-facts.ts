import { SYMBOL_KINDS, type SymbolKind } from '../languages/symbol-kind.js';
import type { CodeStructure, CodeSymbol, Visibility } from '../parse/structure/code-structure.js';
import { countBefore } from '../parse/structure/sorted.js';

// A longer name is data and not a name; and each source is compared with every path of the
// project, so it must be short.
const MAX_NAME_CHARACTERS = 200;
const MAX_SOURCE_CHARACTERS = 300;

/** What the symbol graph keeps of one file: what it declares, imports and refers to. */
export interface FileFacts {
  language: string;
  /** In order of place; a parent stands before its children. */
  symbols: FactSymbol[];
  imports: { name: string | null; source: string }[];
  /** The names of its references and of their receivers, each once. */
  names: string[];
  /**
   * Five numbers a reference, those of one name and receiver together: the places of its name and its receiver (or -1)
   * among the names, 1 for a call, owner, count. Objects would take four times the memory.
   */
  references: number[];
}

/** A declaration. */
export interface FactSymbol {
  /** Qualified name within the file. */
  symbol: string;
  kind: SymbolKind;
  visibility: Visibility;
  signature: string;
  startLine: number;
  endLine: number;
  /** Place in the list of the symbol it is declared in, or -1. */
  parent: number;
}

/** That a symbol calls or uses a name. */
export interface FactReference {
  name: string;
  /** The name before it, as in {@link CodeStructure}. */
  receiver: string | null;
  isCall: boolean;
  /** Place of the innermost symbol that it stands in, or -1. */
  owner: number;
  /** How often. */
  count: number;
}

const NUMBERS = 5;

/** The references of a file. */
export function* referencesOf({ names, references }: FileFacts): Generator<FactReference> {
  for (let at = 0; at < references.length; at += NUMBERS) {
    const [name = 0, receiver = -1, isCall, owner = -1, count = 1] = references.slice(at, at + NUMBERS);
    yield {
      name: names[name] ?? '',
      receiver: names[receiver] ?? null,
      isCall: isCall === 1,
      owner,
      count,
    };
  }
}

/** The names that a file refers to. */
export function namesReferredTo({ names, references }: FileFacts): Set<string> {
  const found = new Set<string>();
  for (let at = 0; at < references.length; at += NUMBERS) found.add(names[references[at] ?? 0] ?? '');
  return found;
}

/** References as facts keep them. */
export function packReferences(references: Iterable<FactReference>): Pick<FileFacts, 'names' | 'references'> {
  const places = new Map<string, number>();
  const place = (name: string) => {
    const known = places.get(name) ?? places.size;
    places.set(name, known);
    return known;
  };
  const packed: number[] = [];
  for (const { name, receiver, isCall, owner, count } of references)
    packed.push(place(name), receiver === null ? -1 : place(receiver), isCall ? 1 : 0, owner, count);
  return { names: [...places.keys()], references: packed };
}

/** Facts from their JSON; null for what is none, or fits no file. */
export function readFacts(json: Buffer): FileFacts | null {
  try {
    const facts: unknown = JSON.parse(json.toString());
    return areFacts(facts) ? facts : null;
  } catch {
    return null;
  }
}

/** The facts of a parsed file. */
export function factsOf(structure: CodeStructure): FileFacts {
  const symbols: FactSymbol[] = [];
  const add = (symbol: CodeSymbol, parent: number) => {
    const place = symbols.length;
    const { qualifiedName, kind, visibility, signature, startLine, endLine } = symbol;
    symbols.push({ symbol: qualifiedName, kind, visibility, signature, startLine, endLine, parent });
    for (const child of symbol.children) add(child, place);
  };
  for (const symbol of structure.symbols) add(symbol, -1);
  const imports = structure.imports.flatMap(({ name, source }) => {
    const isLong = (name?.length ?? 0) > MAX_NAME_CHARACTERS || source.length > MAX_SOURCE_CHARACTERS;
    return isLong ? [] : [{ name, source }];
  });
  const references = groupReferences(structure, symbols);
  return { language: structure.language, symbols, imports, ...packReferences(references) };
}

/** References by name and receiver, and in these by what they stand in. */
function groupReferences({ references }: CodeStructure, symbols: readonly FactSymbol[]): FactReference[] {
  const groups = new Map<string, Map<number, FactReference>>();
  for (const { name, receiver, isCall, line } of references) {
    if (name.length > MAX_NAME_CHARACTERS) continue;
    const key = `${receiver ?? ''}\0${name}\0${isCall}`;
    const group = groups.get(key) ?? new Map<number, FactReference>();
    const owner = ownerAt(symbols, line);
    const known = group.get(owner);
    if (known === undefined) group.set(owner, { name, receiver, isCall, owner, count: 1 });
    else known.count++;
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => [...group.values()]);
}

/** The place of the innermost symbol at a line, or -1. */
function ownerAt(symbols: readonly FactSymbol[], line: number): number {
  let place = countBefore(symbols, ({ startLine }) => startLine <= line) - 1;
  for (let symbol = symbols[place]; symbol !== undefined && symbol.endLine < line; symbol = symbols[place])
    place = symbol.parent;
  return place;
}

const KINDS: ReadonlySet<unknown> = new Set(SYMBOL_KINDS);
const VISIBILITIES: ReadonlySet<unknown> = new Set<Visibility>(['public', 'protected', 'private']);

/**
 * Whether a value has the form of facts and every number in it points to something: the file may have been written by
 * anyone. By hand, because a schema takes as long as all else that a project's facts go through when they are opened.
 */
function areFacts(value: unknown): value is FileFacts {
  const { language, symbols, imports, names, references } = value as Partial<Record<string, unknown>>;
  if (typeof language !== 'string' || !Array.isArray(names) || !Array.isArray(symbols)) return false;
  const limits = [names.length, names.length, 2, symbols.length, Number.MAX_SAFE_INTEGER];
  return (
    symbols.every(isSymbol) &&
    Array.isArray(imports) &&
    imports.every(({ name, source }) => isText(source) && (name === null || isText(name))) &&
    names.every(isText) &&
    Array.isArray(references) &&
    references.length % NUMBERS === 0 &&
    references.every((number, at) => isWhole(number, -1) && number < (limits[at % NUMBERS] ?? 0))
  );
}

function isSymbol(symbol: Partial<Record<keyof FactSymbol, unknown>>, place: number): boolean {
  return (
    isText(symbol.symbol) &&
    isText(symbol.signature) &&
    KINDS.has(symbol.kind) &&
    VISIBILITIES.has(symbol.visibility) &&
    isWhole(symbol.startLine, 1) &&
    isWhole(symbol.endLine, 1) &&
    isWhole(symbol.parent, -1) &&
    symbol.parent < place
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
