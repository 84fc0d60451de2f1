/** The constant of reciprocal rank fusion: how little the first places of one ranking outweigh the rest. */
const RANK_CONSTANT = 60;

/** One ranking of ids, best first, and how much it counts. */
export interface Ranking {
  ids: readonly string[];
  weight: number;
}

/**
 * Reciprocal rank fusion: the score of an id is the sum over rankings of weight / (60 + rank), ranks from 1.
 * Cormack, Clarke and Buettcher, SIGIR 2009.
 */
export function fuseRankings(rankings: readonly Ranking[]): Map<string, number> {
  const scores = new Map<string, number>();
  for (const { ids, weight } of rankings) {
    ids.forEach((id, position) => {
      scores.set(id, (scores.get(id) ?? 0) + weight / (RANK_CONSTANT + position + 1));
    });
  }
  return scores;
}
