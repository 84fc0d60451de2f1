import { ownerName, type SymbolNode } from './graph-nodes.js';
import { Multimap } from './multimap.js';

/** All that has one name, by where it is. */
interface Namesakes {
  byFolder: Multimap<string, SymbolNode>;
  byOwner: Multimap<string, SymbolNode>;
}

/** What the files of a project declare, by the ways in which a reference finds it. */
export class Declarations {
  readonly #byName = new Multimap<string, SymbolNode>();
  /** Of names that were asked for. */
  readonly #namesakes = new Map<string, Namesakes>();

  add(symbol: SymbolNode): void {
    this.#byName.add(symbol.name, symbol);
    this.#namesakes.delete(symbol.name);
  }

  remove(symbol: SymbolNode): void {
    this.#byName.remove(symbol.name, symbol);
    this.#namesakes.delete(symbol.name);
  }

  /** All that have a name. */
  named(name: string): readonly SymbolNode[] {
    return this.#byName.get(name);
  }

  /** Those of them in files of one folder, in languages of one family. */
  inFolder(family: string, folder: string, name: string): readonly SymbolNode[] {
    return this.#namesakesOf(name).byFolder.get(`${family}\0${folder}`);
  }

  /** Those of them in a class or module of this name. */
  inOwner(family: string, owner: string, name: string): readonly SymbolNode[] {
    return this.#namesakesOf(name).byOwner.get(`${family}\0${owner}`);
  }

  #namesakesOf(name: string): Namesakes {
    const known = this.#namesakes.get(name);
    if (known !== undefined) return known;
    const namesakes: Namesakes = { byFolder: new Multimap(), byOwner: new Multimap() };
    for (const symbol of this.named(name)) {
      const { family, folder } = symbol.file;
      const owner = ownerName(symbol.fact.symbol);
      namesakes.byFolder.add(`${family}\0${folder}`, symbol);
      if (owner !== null) namesakes.byOwner.add(`${family}\0${owner}`, symbol);
    }
    this.#namesakes.set(name, namesakes);
    return namesakes;
  }
}
