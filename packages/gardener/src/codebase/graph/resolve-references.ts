import type { Declarations } from './declarations.js';
import { referencesOf } from './file-facts.js';
import type { FileNode, SymbolNode } from './graph-nodes.js';
import { Multimap } from './multimap.js';

/** A file with what its imports mean. */
export interface ImportingFile {
  file: FileNode;
  /** For each of its imports, the files of the project that it means. */
  imports: readonly (readonly FileNode[])[];
}

/** That code refers to a symbol of the project. */
export interface Link {
  /** The innermost symbol that the code is in; null where it is in none. */
  from: SymbolNode | null;
  to: SymbolNode;
  /**
   * In thousandths: the square root of how often it is referred to, times how far its name can be trusted, divided
   * among the symbols that the name may mean.
   */
  weight: number;
}

interface Meanings {
  symbols: readonly SymbolNode[];
  trust: number;
}

interface Resolved {
  name: string;
  receiver: string | null;
  meanings: Meanings;
}

/** A name with more meanings than this means none of them. */
const MAX_MEANINGS = 5;
/** And one with so many is not even looked through. */
const MANY_MEANINGS = 60;
/** How far a name that is found in some way can be trusted. */
const TRUST = { certain: 1, sameFolder: 0.8, onlyOne: 0.6, anyOwner: 0.3, plainWord: 0.04 };
const SELF = new Set(['self', 'this', 'cls', 'Self', 'super', 'static', 'parent', 'base']);

/**
 * What the references of one file mean, by name, import, folder and receiver. Besides the file and its imports this
 * depends only on what is declared anywhere by the names that the file refers to: the graph counts on it.
 */
export function resolveReferences(importing: ImportingFile, declarations: Declarations): Link[] {
  return new FileResolver(importing, declarations).links();
}

class FileResolver {
  private readonly file: FileNode;
  private readonly declarations: Declarations;
  /** The files that the imports of each bound name mean, import by import. */
  private readonly importsOf = new Multimap<string, readonly FileNode[]>();

  constructor({ file, imports }: ImportingFile, declarations: Declarations) {
    this.file = file;
    this.declarations = declarations;
    for (const [place, { name }] of file.facts.imports.entries())
      if (name !== null) this.importsOf.add(name, imports[place] ?? []);
  }

  links(): Link[] {
    const totals = new Map<SymbolNode | null, Map<SymbolNode, { count: number; trust: number }>>();
    let last: Resolved = { name: '', receiver: null, meanings: NOTHING };
    for (const { name, receiver, isCall, owner, count } of referencesOf(this.file.facts)) {
      if (last.name !== name || last.receiver !== receiver)
        last = { name, receiver, meanings: this.resolve(name, receiver) };
      const { symbols, trust } = last.meanings;
      // A name that is used and not called is no method: in Go `string` means the type, even
      // where a method has that name.
      const meanings = isCall ? symbols : symbols.filter(({ fact }) => fact.kind !== 'method');
      const from = this.file.symbols[owner] ?? null;
      for (const to of meanings) {
        if (to === from) continue;
        const targets = totals.get(from) ?? new Map<SymbolNode, { count: number; trust: number }>();
        const total = targets.get(to) ?? { count: 0, trust: 0 };
        total.count += count;
        total.trust = Math.max(total.trust, trust / meanings.length);
        targets.set(to, total);
        totals.set(from, targets);
      }
    }
    return [...totals].flatMap(([from, targets]) =>
      Array.from(targets, ([to, { count, trust }]) => ({
        from,
        to,
        weight: Math.max(1, Math.round(Math.sqrt(count) * trust * 1000)),
      })),
    );
  }

  private resolve(name: string, receiver: string | null): Meanings {
    const { family, folder } = this.file;
    const all = this.declarations.named(name);
    if (all.length === 0) return NOTHING;
    const own = this.file.own.get(name);
    const isFree = receiver === null || SELF.has(receiver);
    if (isFree) {
      if (own.length > 0) return certain(own);
    } else {
      const owned = this.declarations.inOwner(family, receiver, name);
      if (owned.length > 0 && owned.length <= MAX_MEANINGS) return certain(owned);
    }
    const imported = this.imported(name, isFree ? name : receiver);
    if (imported.length > 0) return certain(imported);
    const sameFolder = this.declarations.inFolder(family, folder, name);
    if (isFree && sameFolder.length > 0 && sameFolder.length <= MAX_MEANINGS)
      return { symbols: sameFolder, trust: TRUST.sameFolder };
    const seen = own.length > 0 && !isFree ? own : this.seen(all);
    // A call on a receiver that was not found (`a` in `a.b()`) can only mean a method.
    const symbols = isFree ? seen : seen.filter(({ fact }) => fact.kind === 'method');
    if (symbols.length === 0 || symbols.length > MAX_MEANINGS) return NOTHING;
    if (isFree) return { symbols, trust: TRUST.onlyOne };
    return { symbols, trust: isDistinctive(name) ? TRUST.anyOwner : TRUST.plainWord };
  }

  /** What is called `name` in the files that an import of `bound` means. */
  private imported(name: string, bound: string): SymbolNode[] {
    for (const files of this.importsOf.get(bound)) {
      const found = files.flatMap((file) => [...file.own.get(name)]);
      if (found.length > 0 && found.length <= MAX_MEANINGS) return found;
    }
    return [];
  }

  /** The candidates that code of this file may use: of its languages, and not private to another folder. */
  private seen(candidates: readonly SymbolNode[]): SymbolNode[] {
    const { family, folder } = this.file;
    if (candidates.length > MANY_MEANINGS) return [];
    return candidates.filter(
      ({ file, fact }) => file.family === family && (fact.visibility !== 'private' || file.folder === folder),
    );
  }
}

const NOTHING: Meanings = { symbols: [], trust: 0 };

function certain(symbols: readonly SymbolNode[]): Meanings {
  return symbols.length <= MAX_MEANINGS ? { symbols, trust: TRUST.certain } : NOTHING;
}

/** A name that an author made up for one thing; `get`, `map` and `add` are called on everything. */
function isDistinctive(name: string): boolean {
  return /[\p{Ll}\d]\p{Lu}|\w_\w/u.test(name) || name.length >= 10;
}
