import type { CodeRange, SymbolGraph } from '../../codebase/graph/symbol-graph.js';

/** A candidate of a search as the graph sees it. */
export interface Ranked extends CodeRange {
  id: string;
  score: number;
}

/** What the graph says of a search's candidates. */
export interface GraphSupport {
  /** How strongly the best candidates call, use or are used by each candidate, 0 to 1, by id. */
  support: Map<string, number>;
  /** Places that are no candidates and that several of the best refer to, strongest first. */
  missing: { place: CodeRange; support: number }[];
}

/** Candidates whose neighbours are looked at; further ones are rarely right. */
const SEEDS = 8;
const NEIGHBOURS = 8;
/** Missing places that are worth a look into the table. */
const MAX_MISSING = 8;
const MIN_SUPPORT = 0.4;

/**
 * Looks around the best candidates: what the code that answers calls, and what calls it, is
 * likely to belong to the answer.
 * @param ranked the best first
 */
export function graphSupport(graph: SymbolGraph, ranked: readonly Ranked[]): GraphSupport {
  const best = ranked[0]?.score ?? 0;
  const byPath = new Map<string, Ranked[]>();
  for (const one of ranked) byPath.set(one.path, [...(byPath.get(one.path) ?? []), one]);
  const support = new Map<string, number>();
  const elsewhere = new Map<string, { place: CodeRange; support: number }>();
  for (const seed of ranked.slice(0, SEEDS)) {
    const trust = best > 0 ? Math.max(0, seed.score / best) : 0;
    const around = [...graph.dependencies(seed, NEIGHBOURS), ...graph.dependents(seed, NEIGHBOURS)];
    const strongest = Math.max(...around.map(({ weight }) => weight), 1e-9);
    for (const neighbour of around) {
      const value = (trust * neighbour.weight) / strongest;
      const found = byPath
        .get(neighbour.path)
        ?.find(
          ({ startLine, endLine }) => startLine <= neighbour.startLine && endLine >= neighbour.startLine,
        );
      if (found !== undefined) {
        if (found.id !== seed.id) support.set(found.id, (support.get(found.id) ?? 0) + value);
        continue;
      }
      const key = `${neighbour.path}\0${neighbour.startLine}`;
      const place = elsewhere.get(key) ?? { place: neighbour, support: 0 };
      place.support += value;
      elsewhere.set(key, place);
    }
  }
  const all = [...support.values(), ...[...elsewhere.values()].map((place) => place.support)];
  const most = Math.max(1, ...all);
  for (const [id, value] of support) support.set(id, value / most);
  const missing = [...elsewhere.values()]
    .map(({ place, support: value }) => ({ place, support: value / most }))
    .filter((one) => one.support >= MIN_SUPPORT)
    .sort((a, b) => b.support - a.support)
    .slice(0, MAX_MISSING);
  return { support, missing };
}
