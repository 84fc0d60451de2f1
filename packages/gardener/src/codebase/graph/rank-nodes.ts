import { present } from '../../garden/errors/present.js';
import type { FileNode } from './graph-nodes.js';
import { pageRank } from './page-rank.js';
import type { Link } from './resolve-references.js';

/** A file with its edges to others. */
export interface LinkedFile {
  file: FileNode;
  links: readonly Link[];
  /** The files it imports, each once, with the weight of the edge. */
  imports: ReadonlyMap<FileNode, number>;
}

const OWNER_WEIGHT = 0.5;

/**
 * Ranks every symbol and file by PageRank over all edges, to a thousandth. Rank flows along edges that only the ranking
 * needs as well: from a symbol to the one it is declared in, and from a file to what it declares. A class is important
 * when its methods are used, a declaration when its file is imported.
 */
export function rankNodes(files: readonly LinkedFile[]): void {
  /** The number of each file; those of its symbols follow. */
  const numbers = new Map<FileNode, number>();
  let nodes = 0;
  for (const { file } of files) {
    numbers.set(file, nodes);
    nodes += 1 + file.symbols.length;
  }
  const edges = { from: [] as number[], to: [] as number[], weight: [] as number[] };
  const add = (from: number, to: number, weight: number) => {
    edges.from.push(from);
    edges.to.push(to);
    edges.weight.push(weight);
  };
  for (const { file, links, imports } of files) {
    const own = present(numbers.get(file));
    for (const { from, to, weight } of links) {
      const source = from === null ? own : own + 1 + from.place;
      add(source, present(numbers.get(to.file)) + 1 + to.place, weight / 1000);
    }
    for (const [target, weight] of imports) add(own, present(numbers.get(target)), weight);
    const tops = file.symbols.filter(({ fact }) => fact.parent < 0).length;
    for (const { fact, place } of file.symbols) {
      if (fact.parent < 0) add(own, own + 1 + place, 1 / tops);
      else add(own + 1 + place, own + 1 + fact.parent, OWNER_WEIGHT);
    }
  }
  const ranks = pageRank(nodes, edges);
  for (const [file, number] of numbers) {
    const rank = (offset: number) => Math.round(present(ranks[number + offset]) * 1000) / 1000;
    file.rank = rank(0);
    for (const symbol of file.symbols) symbol.rank = rank(1 + symbol.place);
  }
}
