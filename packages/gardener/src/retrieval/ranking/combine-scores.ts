/** One ranking: scores by id (higher is better), and its weight in the sum. */
export interface Ranking {
  scores: ReadonlyMap<string, number>;
  weight: number;
}

/**
 * Convex combination: each ranking's scores are stretched to 0..1 (its best is 1, its worst 0), weighted and added.
 * Unlike reciprocal rank fusion it keeps how far ahead the first one is; on docstring queries over three small
 * codebases its MRR was above reciprocal rank fusion's on two and about equal on one. Bruch, Gai and Ingber,
 * https://arxiv.org/abs/2210.11934
 */
export function combineScores(rankings: readonly Ranking[]): Map<string, number> {
  const combined = new Map<string, number>();
  for (const { scores, weight } of rankings) {
    const best = Math.max(...scores.values());
    const worst = Math.min(...scores.values());
    for (const [id, score] of scores) {
      const share = best === worst ? 1 : (score - worst) / (best - worst);
      combined.set(id, (combined.get(id) ?? 0) + weight * share);
    }
  }
  return combined;
}
