import { z } from 'zod';
import { SYMBOL_KINDS } from '../languages/symbol-kind.js';
import { pageRank } from './page-rank.js';
import { type ProjectFacts, ReferenceResolver } from './resolve-references.js';

/** Columns have hundreds of thousands of numbers: one loop each, and no object a number. */
const integers = (least: number) =>
  z.custom<number[]>(
    (value) =>
      Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && number >= least),
  );
const counts = integers(0);

/**
 * A project's symbols and edges as columns: symbol `i` is `names[i]` at lines `startLines[i]` to `endLines[i]` of file
 * `files[i]`. A node is a symbol, or, from the number of symbols on, a file. Weights and ranks are in thousandths.
 */
export const graphData = z
  .object({
    paths: z.array(z.string()),
    files: counts,
    names: z.array(z.string()),
    kinds: z.array(z.enum(SYMBOL_KINDS)),
    signatures: z.array(z.string()),
    startLines: counts,
    endLines: counts,
    /** Place of the symbol each is declared in, or -1. */
    parents: integers(-1),
    isPrivate: counts,
    from: counts,
    to: counts,
    weights: counts,
    ranks: counts,
  })
  .refine(isSound, 'its columns do not fit each other');
export type GraphData = z.infer<typeof graphData>;

/** Resolves the facts of all files of code into one graph, and ranks it. */
export function buildGraph(files: ProjectFacts): GraphData {
  const resolver = new ReferenceResolver(files);
  const edges = resolver.edges();
  const symbols = resolver.symbols;
  const all = files.flatMap(({ facts }) => facts.symbols);
  const nodes = symbols.length + files.length;
  const ranks = pageRank(nodes, withOwnership(edges, resolver, files));
  return {
    paths: files.map(({ path }) => path),
    files: symbols.map(({ file }) => file),
    names: all.map(({ symbol }) => symbol),
    kinds: all.map(({ kind }) => kind),
    signatures: all.map(({ signature }) => signature),
    startLines: all.map(({ startLine }) => startLine),
    endLines: all.map(({ endLine }) => endLine),
    parents: symbols.map(({ parent }) => parent),
    isPrivate: all.map(({ visibility }) => (visibility === 'private' ? 1 : 0)),
    from: edges.from,
    to: edges.to,
    weights: edges.weight.map((weight) => Math.max(1, Math.round(weight * 1000))),
    ranks: Array.from(ranks, (rank) => Math.round(rank * 1000)),
  };
}

/**
 * Adds edges that only the ranking needs: from a symbol to the one it is declared in, and from a file
 * to what it declares. Rank flows along them: a class is important when its methods are used, a
 * declaration when its file is imported.
 */
function withOwnership(
  edges: { from: number[]; to: number[]; weight: number[] },
  { symbols }: ReferenceResolver,
  files: ProjectFacts,
) {
  const from = [...edges.from];
  const to = [...edges.to];
  const weight = [...edges.weight];
  const tops = new Map<number, number[]>();
  for (const [id, { file, parent }] of symbols.entries()) {
    if (parent >= 0) {
      from.push(id);
      to.push(parent);
      weight.push(OWNER_WEIGHT);
      continue;
    }
    const top = tops.get(file);
    if (top === undefined) tops.set(file, [id]);
    else top.push(id);
  }
  for (let file = 0; file < files.length; file++) {
    const top = tops.get(file) ?? [];
    for (const id of top) {
      from.push(symbols.length + file);
      to.push(id);
      weight.push(1 / top.length);
    }
  }
  return { from, to, weight };
}

const OWNER_WEIGHT = 0.5;

/** Whether every number in it points to something: the file may have been written by anyone. */
function isSound(data: {
  paths: string[];
  files: number[];
  names: string[];
  kinds: string[];
  signatures: string[];
  startLines: number[];
  endLines: number[];
  parents: number[];
  isPrivate: number[];
  from: number[];
  to: number[];
  weights: number[];
  ranks: number[];
}): boolean {
  const symbols = data.names.length;
  const nodes = symbols + data.paths.length;
  const columns = [data.files, data.kinds, data.signatures, data.startLines, data.endLines, data.parents];
  return (
    [...columns, data.isPrivate].every((column) => column.length === symbols) &&
    data.ranks.length === nodes &&
    data.to.length === data.from.length &&
    data.weights.length === data.from.length &&
    data.files.every((file, id) => file < data.paths.length && file >= (data.files[id - 1] ?? 0)) &&
    data.parents.every((parent, id) => parent < id) &&
    data.from.every((node) => node < nodes) &&
    data.to.every((node) => node < nodes)
  );
}
