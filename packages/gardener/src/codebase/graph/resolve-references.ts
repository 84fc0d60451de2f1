import { present } from '../../garden/errors/present.js';
import { familyOf } from '../languages/languages.js';
import type { SymbolKind } from '../languages/symbol-kind.js';
import type { Visibility } from '../parse/structure/code-structure.js';
import { countBefore } from '../parse/structure/sorted.js';
import type { FileFacts } from './file-facts.js';
import { ImportTargets } from './import-targets.js';

/** The files of a project with their facts, in order of path. */
export type ProjectFacts = readonly { path: string; facts: FileFacts }[];

/** A symbol among all symbols of a project. */
export interface PlacedSymbol {
  file: number;
  /** The last part of its qualified name. */
  name: string;
  kind: SymbolKind;
  visibility: Visibility;
  /** Place among all symbols of what it is declared in, or -1. */
  parent: number;
}

/** A file with what its references are resolved by. */
interface PlacedFile {
  number: number;
  facts: FileFacts;
  folder: string;
  /** Languages that use each other's names. */
  family: string;
  /** Number of its first symbol. */
  firstSymbol: number;
  /** Its symbols by name. */
  own: Map<string, number[]>;
}

/** Edges between nodes: symbols first, in order of file and place, then files. */
export interface Edges {
  from: number[];
  to: number[];
  weight: number[];
}

/** A name with more meanings than this means none of them. */
const MAX_MEANINGS = 5;
/** And one with so many is not even looked through. */
const MANY_MEANINGS = 60;
/** How far a name that is found in some way can be trusted. */
const TRUST = { certain: 1, sameFolder: 0.8, onlyOne: 0.6, anyOwner: 0.3, plainWord: 0.04 };
const SELF = new Set(['self', 'this', 'cls', 'Self', 'super', 'static', 'parent', 'base']);
/** An import says less about a file than the uses of what it imports, which count beside it. */
const IMPORT_WEIGHT = 0.5;

/** Finds what the references of a project's files mean, by name, import, folder and receiver. */
export class ReferenceResolver {
  readonly symbols: PlacedSymbol[] = [];
  private readonly files: PlacedFile[];
  private readonly byName = new Map<string, number[]>();
  private readonly inFolder = new Map<string, number[]>();
  private readonly inOwner = new Map<string, number[]>();
  private readonly targets: ImportTargets;

  constructor(files: ProjectFacts) {
    this.targets = new ImportTargets(files.map(({ path }) => path));
    this.files = files.map((file, number) => this.placed(file, number));
  }

  edges(): Edges {
    const edges: Edges = { from: [], to: [], weight: [] };
    for (const file of this.files) {
      this.addImports(file, edges);
      this.addReferences(file, edges);
    }
    return edges;
  }

  /** Gives a file's symbols their numbers and notes their names. */
  private placed({ path, facts }: ProjectFacts[number], number: number): PlacedFile {
    const firstSymbol = this.symbols.length;
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const family = familyOf(facts.language);
    const own = new Map<string, number[]>();
    const qualified = new Set<string>();
    for (const { symbol, kind, visibility, parent } of facts.symbols) {
      const id = this.symbols.length;
      const name = lastName(symbol);
      const parentId = parent < 0 ? -1 : firstSymbol + parent;
      this.symbols.push({ file: number, name, kind, visibility, parent: parentId });
      // Overloads, and Rust's `impl` blocks beside their type, are one thing: the first stands for all.
      if (qualified.has(symbol)) continue;
      qualified.add(symbol);
      push(this.byName, name, id);
      push(own, name, id);
      push(this.inFolder, `${family}\0${folder}\0${name}`, id);
      const owner = ownerName(symbol);
      if (owner !== null) push(this.inOwner, `${family}\0${owner}\0${name}`, id);
    }
    return { number, facts, folder, family, firstSymbol, own };
  }

  private addImports({ number, facts }: PlacedFile, edges: Edges): void {
    const met = new Set<number>();
    for (const { name, source } of facts.imports) {
      const targets = this.targets.find(number, source, name).filter((target) => !met.has(target));
      for (const target of targets) {
        met.add(target);
        add(edges, this.fileNode(number), this.fileNode(target), IMPORT_WEIGHT / targets.length);
      }
    }
  }

  private addReferences(file: PlacedFile, edges: Edges): void {
    const { imports, references } = file.facts;
    const sources = new Map<string, { source: string; name: string }[]>();
    for (const { name, source } of imports) if (name !== null) push(sources, name, { source, name });
    const nodes = this.symbols.length + this.files.length;
    const totals = new Map<number, { from: number; to: number; count: number; trust: number }>();
    for (const { name, receiver, isCall, lines } of references) {
      const resolved = this.resolve(file, name, receiver, sources);
      const { trust } = resolved;
      // A name that is used and not called is no method: in Go `string` means the type, even
      // where a method has that name.
      const meanings = isCall
        ? resolved.meanings
        : resolved.meanings.filter((id) => this.symbolOf(id).kind !== 'method');
      if (meanings.length === 0) continue;
      for (const line of lines) {
        const from = this.ownerAt(file, line);
        for (const to of meanings) {
          if (to === from) continue;
          const key = from * nodes + to;
          const total = totals.get(key) ?? { from, to, count: 0, trust: 0 };
          total.count++;
          total.trust = Math.max(total.trust, trust / meanings.length);
          totals.set(key, total);
        }
      }
    }
    for (const { from, to, count, trust } of totals.values()) add(edges, from, to, Math.sqrt(count) * trust);
  }

  private resolve(
    file: PlacedFile,
    name: string,
    receiver: string | null,
    sources: ReadonlyMap<string, { source: string; name: string }[]>,
  ): { meanings: number[]; trust: number } {
    const all = this.byName.get(name);
    if (all === undefined) return NOTHING;
    const own = file.own.get(name) ?? [];
    if (receiver === null || SELF.has(receiver)) {
      if (own.length > 0) return certain(own);
      const imported = this.imported(file, name, sources.get(name) ?? []);
      if (imported.length > 0) return certain(imported);
    } else {
      const owned = this.inOwner.get(`${file.family}\0${receiver}\0${name}`) ?? [];
      if (owned.length > 0 && owned.length <= MAX_MEANINGS) return certain(owned);
      const imported = this.imported(file, name, sources.get(receiver) ?? []);
      if (imported.length > 0) return certain(imported);
    }
    const isFree = receiver === null || SELF.has(receiver);
    const sameFolder = this.inFolder.get(`${file.family}\0${file.folder}\0${name}`) ?? [];
    if (isFree && sameFolder.length > 0 && sameFolder.length <= MAX_MEANINGS)
      return { meanings: sameFolder, trust: TRUST.sameFolder };
    const seen = own.length > 0 && !isFree ? own : this.seenFrom(file, all);
    // A call on a receiver that was not found (`a` in `a.b()`) can only mean a method.
    const meanings = isFree ? seen : seen.filter((id) => this.symbolOf(id).kind === 'method');
    if (meanings.length === 0 || meanings.length > MAX_MEANINGS) return NOTHING;
    if (isFree) return { meanings, trust: TRUST.onlyOne };
    return { meanings, trust: isDistinctive(name) ? TRUST.anyOwner : TRUST.plainWord };
  }

  /** What an import binds to `name`: in the files it means, else wherever the name is declared only once. */
  private imported(
    file: PlacedFile,
    name: string,
    sources: readonly { source: string; name: string }[],
  ): number[] {
    for (const { source, name: bound } of sources) {
      const targets = this.targets.find(file.number, source, bound);
      const found = targets.flatMap((target) => this.fileOf(target).own.get(name) ?? []);
      if (found.length > 0 && found.length <= MAX_MEANINGS) return found;
    }
    return [];
  }

  /** The candidates that code of a file may use: of its languages, and not private to another folder. */
  private seenFrom(file: PlacedFile, candidates: readonly number[]): number[] {
    if (candidates.length > MANY_MEANINGS) return [];
    return candidates.filter((id) => {
      const { file: number, visibility } = this.symbolOf(id);
      const { family, folder } = this.fileOf(number);
      return family === file.family && (visibility !== 'private' || folder === file.folder);
    });
  }

  /** The innermost symbol at a line, else the file. */
  private ownerAt({ number, facts: { symbols }, firstSymbol }: PlacedFile, line: number): number {
    let place = countBefore(symbols, ({ startLine }) => startLine <= line) - 1;
    for (
      let symbol = symbols[place];
      symbol !== undefined && symbol.endLine < line;
      symbol = symbols[place]
    ) {
      place = symbol.parent;
    }
    return place < 0 ? this.fileNode(number) : firstSymbol + place;
  }

  private symbolOf(id: number): PlacedSymbol {
    return present(this.symbols[id]);
  }

  private fileOf(number: number): PlacedFile {
    return present(this.files[number]);
  }

  private fileNode(file: number): number {
    return this.symbols.length + file;
  }
}

const NOTHING = { meanings: [], trust: 0 };

function certain(meanings: number[]): { meanings: number[]; trust: number } {
  return meanings.length <= MAX_MEANINGS ? { meanings, trust: TRUST.certain } : NOTHING;
}

function lastName(qualified: string): string {
  return qualified.split(/\.|::/).at(-1) ?? qualified;
}

/** The class or module a name is declared in, or for (Go's methods stand beside their type). */
function ownerName(qualified: string): string | null {
  return qualified.split(/\.|::/).at(-2) ?? null;
}

/** A name that an author made up for one thing; `get`, `map` and `add` are called on everything. */
function isDistinctive(name: string): boolean {
  return /[\p{Ll}\d]\p{Lu}|\w_\w/u.test(name) || name.length >= 10;
}

function add(edges: Edges, from: number, to: number, weight: number): void {
  edges.from.push(from);
  edges.to.push(to);
  edges.weight.push(weight);
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
