/**
 * Scores of one ranking stretched to 0..1: its best is 1, its worst 0. Unlike ranks alone that keeps how far ahead the
 * first one is: on docstring queries adding such scores was above reciprocal rank fusion. Bruch, Gai and Ingber,
 * https://arxiv.org/abs/2210.11934
 */
export function stretched<Id>(scores: ReadonlyMap<Id, number>): Map<Id, number> {
  const best = Math.max(...scores.values());
  const worst = Math.min(...scores.values());
  return new Map(
    [...scores].map(([id, score]) => [id, best === worst ? 1 : (score - worst) / (best - worst)]),
  );
}
