import { familyOf } from '../languages/languages.js';
import type { SymbolKind } from '../languages/symbol-kind.js';
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
  /** Place among all symbols of what it is declared in, or -1. */
  parent: number;
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
  private readonly firstSymbol: number[] = [];
  private readonly byName = new Map<string, number[]>();
  private readonly inFile: Map<string, number[]>[] = [];
  private readonly inFolder = new Map<string, number[]>();
  private readonly inOwner = new Map<string, number[]>();
  private readonly targets: ImportTargets;
  private readonly folders: string[];
  private readonly families: string[];

  constructor(private readonly files: ProjectFacts) {
    this.targets = new ImportTargets(files.map(({ path }) => path));
    this.folders = files.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1));
    this.families = files.map(({ facts }) => familyOf(facts.language));
    for (const [file, { facts }] of files.entries()) {
      const first = this.symbols.length;
      this.firstSymbol.push(first);
      const own = new Map<string, number[]>();
      const qualified = new Set<string>();
      for (const { symbol, kind, parent } of facts.symbols) {
        const id = this.symbols.length;
        const name = lastName(symbol);
        this.symbols.push({ file, name, kind, parent: parent < 0 ? -1 : first + parent });
        // Overloads, and Rust's `impl` blocks beside their type, are one thing: the first stands for all.
        if (qualified.has(symbol)) continue;
        qualified.add(symbol);
        push(this.byName, name, id);
        push(own, name, id);
        push(this.inFolder, `${this.families[file]}\0${this.folders[file]}\0${name}`, id);
        const owner = ownerName(symbol);
        if (owner !== null) push(this.inOwner, `${this.families[file]}\0${owner}\0${name}`, id);
      }
      this.inFile.push(own);
    }
  }

  edges(): Edges {
    const edges: Edges = { from: [], to: [], weight: [] };
    for (let file = 0; file < this.files.length; file++) {
      this.addImports(file, edges);
      this.addReferences(file, edges);
    }
    return edges;
  }

  private addImports(file: number, edges: Edges): void {
    const met = new Set<number>();
    for (const { name, source } of this.files[file]!.facts.imports) {
      const targets = this.targets.find(file, source, name).filter((target) => !met.has(target));
      for (const target of targets) {
        met.add(target);
        add(edges, this.fileNode(file), this.fileNode(target), IMPORT_WEIGHT / targets.length);
      }
    }
  }

  private addReferences(file: number, edges: Edges): void {
    const { imports, references } = this.files[file]!.facts;
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
        : resolved.meanings.filter((id) => this.symbols[id]!.kind !== 'method');
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
    file: number,
    name: string,
    receiver: string | null,
    sources: ReadonlyMap<string, { source: string; name: string }[]>,
  ): { meanings: number[]; trust: number } {
    const all = this.byName.get(name);
    if (all === undefined) return NOTHING;
    const own = this.inFile[file]!.get(name) ?? [];
    if (receiver === null || SELF.has(receiver)) {
      if (own.length > 0) return certain(own);
      const imported = this.imported(file, name, sources.get(name) ?? []);
      if (imported.length > 0) return certain(imported);
    } else {
      const owned = this.inOwner.get(`${this.families[file]}\0${receiver}\0${name}`) ?? [];
      if (owned.length > 0 && owned.length <= MAX_MEANINGS) return certain(owned);
      const imported = this.imported(file, name, sources.get(receiver) ?? []);
      if (imported.length > 0) return certain(imported);
    }
    const isFree = receiver === null || SELF.has(receiver);
    const sameFolder = this.inFolder.get(`${this.families[file]}\0${this.folders[file]}\0${name}`) ?? [];
    if (isFree && sameFolder.length > 0 && sameFolder.length <= MAX_MEANINGS)
      return { meanings: sameFolder, trust: TRUST.sameFolder };
    const seen = own.length > 0 && !isFree ? own : this.seenFrom(file, all);
    // A call on a receiver that was not found (`a` in `a.b()`) can only mean a method.
    const meanings = isFree ? seen : seen.filter((id) => this.symbols[id]!.kind === 'method');
    if (meanings.length === 0 || meanings.length > MAX_MEANINGS) return NOTHING;
    if (isFree) return { meanings, trust: TRUST.onlyOne };
    return { meanings, trust: isDistinctive(name) ? TRUST.anyOwner : TRUST.plainWord };
  }

  /** What an import binds to `name`: in the files it means, else wherever the name is declared only once. */
  private imported(
    file: number,
    name: string,
    sources: readonly { source: string; name: string }[],
  ): number[] {
    for (const { source, name: bound } of sources) {
      const targets = this.targets.find(file, source, bound);
      const found = targets.flatMap((target) => this.inFile[target]!.get(name) ?? []);
      if (found.length > 0 && found.length <= MAX_MEANINGS) return found;
    }
    return [];
  }

  /** The candidates that code of a file may use: of its languages, and not private to another folder. */
  private seenFrom(file: number, candidates: readonly number[]): number[] {
    if (candidates.length > MANY_MEANINGS) return [];
    return candidates.filter((id) => {
      const place = this.symbols[id]!.file;
      if (this.families[place] !== this.families[file]) return false;
      const { visibility } = this.files[place]!.facts.symbols[id - this.firstSymbol[place]!]!;
      return visibility !== 'private' || this.folders[place] === this.folders[file];
    });
  }

  /** The innermost symbol at a line, else the file. */
  private ownerAt(file: number, line: number): number {
    const { symbols } = this.files[file]!.facts;
    let low = 0;
    let high = symbols.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (symbols[middle]!.startLine <= line) low = middle + 1;
      else high = middle;
    }
    let place = low - 1;
    while (place >= 0 && symbols[place]!.endLine < line) place = symbols[place]!.parent;
    return place < 0 ? this.fileNode(file) : this.firstSymbol[file]! + place;
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
