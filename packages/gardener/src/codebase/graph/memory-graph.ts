import { present } from '../../garden/errors/present.js';
import { familyOf } from '../languages/languages.js';
import { Declarations } from './declarations.js';
import { type FactSymbol, type FileFacts, namesReferredTo } from './file-facts.js';
import { type FileNode, lastName, type SymbolNode } from './graph-nodes.js';
import { ImportTargets } from './import-targets.js';
import { Multimap } from './multimap.js';
import { type LinkedFile, rankNodes } from './rank-nodes.js';
import { type Link, resolveReferences } from './resolve-references.js';
import type { CodeRange, GraphSymbol, Neighbour, SymbolGraph } from './symbol-graph.js';

const DEFAULT_LIMIT = 8;
/** An import says less about a file than the uses of what it imports, which count beside it. */
const IMPORT_WEIGHT = 0.5;

/** A file, and what was found out about it so far. */
interface KnownFile extends FileNode {
  refersTo: ReadonlySet<string>;
  /** For each of its imports, the files it means; `importsAsOf` tells whether that still holds. */
  imports: readonly (readonly FileNode[])[];
  /** The set of paths that `imports` were looked up in; -1 when its imports may be others. */
  importsAsOf: number;
  /** Each of these once, with the weight of its edge. */
  weights: ReadonlyMap<FileNode, number>;
  /** What its references mean, or null while that is not known. */
  links: readonly Link[] | null;
}

/**
 * A graph in memory that is told of files one by one. What a file's references mean is found out when somebody asks,
 * and kept until a declaration appears or vanishes whose name the file refers to, or one of its imports means another
 * file: a change costs what it touches. Only ranks are of the whole graph; they are computed when they are asked for.
 */
export class MemoryGraph implements SymbolGraph {
  readonly #files = new Map<string, KnownFile>();
  readonly #declarations = new Declarations();
  readonly #targets = new ImportTargets();
  /** The files that refer to a name. */
  readonly #referring = new Multimap<string, KnownFile>();
  /** Names of declarations that have come or gone since links were last asked for. */
  readonly #news = new Set<string>();
  /** Counts changes of the set of paths. */
  #paths = 0;
  #symbols = 0;
  #isRanked = false;

  get fileCount(): number {
    return this.#files.size;
  }

  get symbolCount(): number {
    return this.#symbols;
  }

  /** Adds a file, or takes in what has changed in one. */
  set(path: string, facts: FileFacts): void {
    const family = familyOf(facts.language);
    if (this.#files.get(path)?.family !== family) this.delete(path);
    const file = this.#files.get(path) ?? this.#newFile(path, family, facts);
    this.#isRanked = false;
    file.links = null;
    file.importsAsOf = -1;
    this.#refer(file, namesReferredTo(facts));
    file.facts = facts;
    this.#declare(file, facts.symbols);
  }

  /** Takes a file out; nothing happens when it is not there. */
  delete(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#isRanked = false;
    this.#refer(file, new Set());
    this.#declare(file, []);
    this.#files.delete(path);
    this.#targets.remove(path);
    this.#paths++;
  }

  dependencies(range: CodeRange, limit = DEFAULT_LIMIT): Neighbour[] {
    const file = this.#files.get(range.path);
    if (file === undefined) return [];
    const own = new Set<SymbolNode | null>(symbolsAt(file, range));
    // Code outside of all symbols is the file's.
    if (own.size === 0) own.add(null);
    const found = new Map<SymbolNode, number>();
    for (const { from, to, weight } of this.#linksOf(file))
      if (own.has(from) && !own.has(to)) found.set(to, (found.get(to) ?? 0) + weight);
    return this.#strongest(found, limit);
  }

  dependents(range: CodeRange, limit = DEFAULT_LIMIT): Neighbour[] {
    const file = this.#files.get(range.path);
    if (file === undefined) return [];
    const own = new Set(symbolsAt(file, range));
    const names = new Set(Array.from(own, ({ name }) => name));
    const referring = new Set([...names].flatMap((name) => this.#referring.get(name)));
    const found = new Map<SymbolNode, number>();
    for (const other of referring) {
      for (const { from, to, weight } of this.#linksOf(other))
        if (from !== null && own.has(to) && !own.has(from)) found.set(from, (found.get(from) ?? 0) + weight);
    }
    return this.#strongest(found, limit);
  }

  named(name: string, limit = DEFAULT_LIMIT): GraphSymbol[] {
    this.#rankAll();
    const wanted = name.toLowerCase();
    return [...this.#files.values()]
      .flatMap(({ symbols }) => symbols.filter((symbol) => symbol.name.toLowerCase() === wanted))
      .sort((a, b) => b.rank - a.rank || byPlace(a, b))
      .slice(0, limit)
      .map(graphSymbol);
  }

  imports(path: string): string[] {
    const file = this.#files.get(path);
    return file === undefined
      ? []
      : Array.from(this.#weightedImports(file).keys(), ({ path }) => path).sort();
  }

  importedBy(path: string): string[] {
    const file = this.#files.get(path);
    if (file === undefined) return [];
    const importing = [...this.#files.values()].filter((other) => this.#weightedImports(other).has(file));
    return importing.map(({ path }) => path).sort();
  }

  symbolsOf(path: string): GraphSymbol[] {
    this.#rankAll();
    return (this.#files.get(path)?.symbols ?? []).map(graphSymbol);
  }

  files(): { path: string; rank: number }[] {
    this.#rankAll();
    return [...this.#files.values()]
      .map(({ path, symbols, rank: own }) => ({
        path,
        rank: symbols.reduce((sum, { rank }) => sum + rank, own),
      }))
      .sort((a, b) => b.rank - a.rank || (a.path < b.path ? -1 : 1));
  }

  #newFile(path: string, family: string, facts: FileFacts): KnownFile {
    const file: KnownFile = {
      ...{ path, family, facts, folder: path.slice(0, path.lastIndexOf('/') + 1) },
      ...{ symbols: [], declared: new Map(), own: new Multimap(), rank: 0 },
      ...{ refersTo: new Set(), imports: [], weights: new Map(), importsAsOf: -1, links: null },
    };
    this.#files.set(path, file);
    this.#targets.add(path);
    this.#paths++;
    return file;
  }

  /** Notes which names a file refers to. */
  #refer(file: KnownFile, now: ReadonlySet<string>): void {
    for (const name of file.refersTo) if (!now.has(name)) this.#referring.remove(name, file);
    for (const name of now) if (!file.refersTo.has(name)) this.#referring.add(name, file);
    file.refersTo = now;
  }

  /** Gives a file its symbols: those that it declared before stay the same ones. */
  #declare(file: KnownFile, facts: readonly FactSymbol[]): void {
    const before = file.declared;
    this.#symbols += facts.length - file.symbols.length;
    file.declared = new Map();
    file.own = new Multimap();
    file.symbols = facts.map((fact, place) => {
      const known = file.declared.has(fact.symbol) ? undefined : before.get(fact.symbol);
      const stays = known?.fact.kind === fact.kind && known.fact.visibility === fact.visibility;
      const symbol =
        known !== undefined && stays ? known : { file, name: lastName(fact.symbol), fact, place, rank: 0 };
      symbol.fact = fact;
      symbol.place = place;
      if (!file.declared.has(fact.symbol)) file.declared.set(fact.symbol, symbol);
      return symbol;
    });
    const after = new Set(file.declared.values());
    for (const symbol of before.values()) {
      if (after.delete(symbol)) file.own.add(symbol.name, symbol);
      else {
        this.#declarations.remove(symbol);
        this.#news.add(symbol.name);
      }
    }
    for (const symbol of after) {
      file.own.add(symbol.name, symbol);
      this.#declarations.add(symbol);
      this.#news.add(symbol.name);
    }
  }

  /** Throws away what may mean something else by now. */
  #forgetOutdated(): void {
    for (const name of this.#news) for (const file of this.#referring.get(name)) file.links = null;
    this.#news.clear();
  }

  #linksOf(file: KnownFile): readonly Link[] {
    this.#forgetOutdated();
    this.#lookUpImports(file);
    file.links ??= resolveReferences({ file, imports: file.imports }, this.#declarations);
    return file.links;
  }

  /** Finds out which files a file's imports mean where paths have come or gone; links hold if these are the same. */
  #lookUpImports(file: KnownFile): void {
    if (file.importsAsOf === this.#paths) return;
    const imports = file.facts.imports.map(({ name, source }) =>
      this.#targets.find(file.path, source, name).map((path): FileNode => present(this.#files.get(path))),
    );
    if (!areSame(imports, file.imports)) file.links = null;
    file.imports = imports;
    file.weights = weightsOf(imports);
    file.importsAsOf = this.#paths;
  }

  /** The files that a file imports, with the weights of the edges. */
  #weightedImports(file: KnownFile): ReadonlyMap<FileNode, number> {
    this.#lookUpImports(file);
    return file.weights;
  }

  /** The strongest first; of equal ones those whose name more files refer to. */
  #strongest(found: ReadonlyMap<SymbolNode, number>, limit: number): Neighbour[] {
    const uses = ({ name }: SymbolNode) => this.#referring.get(name).length;
    return [...found]
      .sort(([a, x], [b, y]) => y - x || uses(b) - uses(a) || byPlace(a, b))
      .slice(0, limit)
      .map(([symbol, weight]) => ({ ...placed(symbol), weight: weight / 1000 }));
  }

  #rankAll(): void {
    if (this.#isRanked) return;
    rankNodes(
      [...this.#files.values()].map(
        (file): LinkedFile => ({ file, links: this.#linksOf(file), imports: this.#weightedImports(file) }),
      ),
    );
    this.#isRanked = true;
  }
}

/** The symbols that begin in a range, else the innermost one around its beginning. */
function symbolsAt({ symbols }: FileNode, { startLine, endLine }: CodeRange): SymbolNode[] {
  const inside = symbols.filter(({ fact }) => fact.startLine >= startLine && fact.startLine <= endLine);
  if (inside.length > 0) return inside;
  const around = symbols.findLast(({ fact }) => fact.startLine <= startLine && fact.endLine >= startLine);
  return around === undefined ? [] : [around];
}

function weightsOf(imports: readonly (readonly FileNode[])[]): Map<FileNode, number> {
  const weights = new Map<FileNode, number>();
  for (const targets of imports) {
    const fresh = targets.filter((target) => !weights.has(target));
    for (const target of fresh) weights.set(target, IMPORT_WEIGHT / fresh.length);
  }
  return weights;
}

function placed({ file, fact }: SymbolNode): Omit<Neighbour, 'weight'> {
  const { symbol, kind, startLine, endLine } = fact;
  return { path: file.path, symbol, kind, startLine, endLine };
}

function graphSymbol(symbol: SymbolNode): GraphSymbol {
  const { file, fact, rank } = symbol;
  const parent = file.symbols[fact.parent];
  return {
    ...placed(symbol),
    signature: fact.signature,
    rank,
    isPrivate: fact.visibility === 'private',
    parent: parent?.fact.symbol ?? null,
    isLocal: parent?.fact.kind === 'function' || parent?.fact.kind === 'method',
  };
}

function byPlace(a: SymbolNode, b: SymbolNode): number {
  if (a.file === b.file) return a.place - b.place;
  return a.file.path < b.file.path ? -1 : 1;
}

function areSame(a: readonly (readonly FileNode[])[], b: readonly (readonly FileNode[])[]): boolean {
  return (
    a.length === b.length &&
    a.every((targets, place) => {
      const others = new Set(b[place]);
      return targets.length === others.size && targets.every((target) => others.has(target));
    })
  );
}
