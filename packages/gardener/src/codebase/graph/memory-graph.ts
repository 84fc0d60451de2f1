import { present } from '../../garden/errors/present.js';
import type { GraphData } from './graph-data.js';
import type { CodeRange, GraphSymbol, Neighbour, SymbolGraph } from './symbol-graph.js';

const DEFAULT_LIMIT = 8;

/** The edges at one end of every node: those of node `n` are at `starts[n]` to `starts[n + 1]`. */
interface Adjacency {
  starts: Uint32Array;
  others: Uint32Array;
  weights: Float32Array;
}

/** A graph in memory, ready to be asked. */
export class MemoryGraph implements SymbolGraph {
  private readonly fileOfPath: Map<string, number>;
  /** First symbol of each file, and one more entry behind the last. */
  private readonly firstSymbol: Uint32Array;
  private readonly outgoing: Adjacency;
  private readonly incoming: Adjacency;
  private readonly byName = new Map<string, number[]>();

  constructor(private readonly data: GraphData) {
    const { paths, files, names, from, to, weights } = data;
    this.fileOfPath = new Map(paths.map((path, file) => [path, file]));
    this.firstSymbol = startsOf(files, paths.length);
    const nodes = names.length + paths.length;
    this.outgoing = adjacency(nodes, from, to, weights);
    this.incoming = adjacency(nodes, to, from, weights);
    for (const [id, name] of names.entries()) {
      const key = (name.split(/\.|::/).at(-1) ?? name).toLowerCase();
      const known = this.byName.get(key);
      if (known === undefined) this.byName.set(key, [id]);
      else known.push(id);
    }
  }

  get fileCount(): number {
    return this.data.paths.length;
  }

  get symbolCount(): number {
    return this.data.names.length;
  }

  rankOf(range: CodeRange): number {
    const file = this.fileOfPath.get(range.path);
    if (file === undefined) return 0;
    const inside = this.beginningIn(file, range);
    if (inside.length > 0) return inside.reduce((most, id) => Math.max(most, this.rank(id)), 0);
    const around = this.innermostAt(file, range.startLine);
    return this.rank(around ?? this.symbolCount + file);
  }

  dependencies(range: CodeRange, limit = DEFAULT_LIMIT): Neighbour[] {
    return this.neighbours(range, this.outgoing, limit);
  }

  dependents(range: CodeRange, limit = DEFAULT_LIMIT): Neighbour[] {
    return this.neighbours(range, this.incoming, limit);
  }

  named(name: string, limit = DEFAULT_LIMIT): GraphSymbol[] {
    const found = this.byName.get(name.toLowerCase()) ?? [];
    return [...found]
      .sort((a, b) => this.rank(b) - this.rank(a) || a - b)
      .slice(0, limit)
      .map((id) => this.symbol(id));
  }

  imports(path: string): string[] {
    return this.fileNeighbours(path, this.outgoing);
  }

  importedBy(path: string): string[] {
    return this.fileNeighbours(path, this.incoming);
  }

  symbolsOf(path: string): GraphSymbol[] {
    const file = this.fileOfPath.get(path);
    return file === undefined ? [] : this.idsOf(file).map((id) => this.symbol(id));
  }

  files(): { path: string; rank: number }[] {
    return this.data.paths
      .map((path, file) => ({
        path,
        rank: this.idsOf(file).reduce((sum, id) => sum + this.rank(id), this.rank(this.symbolCount + file)),
      }))
      .sort((a, b) => b.rank - a.rank || (a.path < b.path ? -1 : 1));
  }

  private neighbours(range: CodeRange, { starts, others, weights }: Adjacency, limit: number): Neighbour[] {
    const file = this.fileOfPath.get(range.path);
    if (file === undefined) return [];
    const sources = this.beginningIn(file, range);
    const around = sources.length === 0 ? this.innermostAt(file, range.startLine) : null;
    if (around !== null) sources.push(around);
    if (sources.length === 0) sources.push(this.symbolCount + file);
    const own = new Set(sources);
    const found = new Map<number, number>();
    for (const node of sources) {
      for (let edge = present(starts[node]); edge < present(starts[node + 1]); edge++) {
        const other = present(others[edge]);
        if (other < this.symbolCount && !own.has(other))
          found.set(other, (found.get(other) ?? 0) + present(weights[edge]));
      }
    }
    return [...found]
      .sort(([a, x], [b, y]) => y - x || this.rank(b) - this.rank(a) || a - b)
      .slice(0, limit)
      .map(([id, weight]) => ({ ...this.symbol(id), weight }));
  }

  private fileNeighbours(path: string, { starts, others }: Adjacency): string[] {
    const file = this.fileOfPath.get(path);
    if (file === undefined) return [];
    const node = this.symbolCount + file;
    const files = new Set<string>();
    for (const other of others.subarray(starts[node], starts[node + 1])) {
      if (other >= this.symbolCount) files.add(present(this.data.paths[other - this.symbolCount]));
    }
    return [...files].sort();
  }

  private idsOf(file: number): number[] {
    const first = present(this.firstSymbol[file]);
    return Array.from({ length: present(this.firstSymbol[file + 1]) - first }, (_, place) => first + place);
  }

  private beginningIn(file: number, { startLine, endLine }: CodeRange): number[] {
    const { startLines } = this.data;
    return this.idsOf(file).filter((id) => {
      const line = present(startLines[id]);
      return line >= startLine && line <= endLine;
    });
  }

  private innermostAt(file: number, line: number): number | null {
    const { startLines, endLines } = this.data;
    const isAround = (id: number) => present(startLines[id]) <= line && present(endLines[id]) >= line;
    return this.idsOf(file).findLast(isAround) ?? null;
  }

  private rank(node: number): number {
    return present(this.data.ranks[node]) / 1000;
  }

  private symbol(id: number): GraphSymbol {
    const { paths, files, names, kinds, signatures, startLines, endLines, parents, isPrivate } = this.data;
    const parent = present(parents[id]);
    return {
      path: present(paths[present(files[id])]),
      symbol: present(names[id]),
      kind: present(kinds[id]),
      signature: present(signatures[id]),
      startLine: present(startLines[id]),
      endLine: present(endLines[id]),
      rank: this.rank(id),
      isPrivate: isPrivate[id] === 1,
      parent: parent < 0 ? null : present(names[parent]),
      isLocal: parent >= 0 && (kinds[parent] === 'function' || kinds[parent] === 'method'),
    };
  }
}

function adjacency(
  nodes: number,
  at: readonly number[],
  other: readonly number[],
  weights: readonly number[],
): Adjacency {
  const starts = startsOf(at, nodes);
  const next = starts.slice();
  const others = new Uint32Array(at.length);
  const ordered = new Float32Array(at.length);
  for (const [edge, node] of at.entries()) {
    const place = present(next[node]);
    next[node] = place + 1;
    others[place] = present(other[edge]);
    ordered[place] = present(weights[edge]) / 1000;
  }
  return { starts, others, weights: ordered };
}

/** Where the items of each owner begin when items lie in order of their owners, and one more entry for the end. */
function startsOf(owners: readonly number[], count: number): Uint32Array {
  const counts = new Uint32Array(count);
  for (const owner of owners) counts[owner] = present(counts[owner]) + 1;
  const starts = new Uint32Array(count + 1);
  let end = 0;
  for (const [owner, items] of counts.entries()) {
    end += items;
    starts[owner + 1] = end;
  }
  return starts;
}
