/** What is scored: a chunk of a file. */
export interface Scored {
  path: string;
  score: number;
}

/** Further chunks of a file say less and less: each counts this share of the one before. */
const FADE = 0.8;

/**
 * How much the chunks of a file support each other: by path, the scores of its chunks added up, fading, as a share of
 * the file that has most.
 */
export function fileEvidence(chunks: readonly Scored[]): Map<string, number> {
  const byFile = new Map<string, number[]>();
  for (const { path, score } of chunks) {
    const scores = byFile.get(path);
    if (scores === undefined) byFile.set(path, [score]);
    else scores.push(score);
  }
  const sums = new Map<string, number>();
  for (const [path, scores] of byFile) {
    scores.sort((a, b) => b - a);
    sums.set(
      path,
      scores.reduce((sum, score, place) => sum + score * FADE ** place, 0),
    );
  }
  const most = Math.max(...sums.values(), 1e-9);
  return new Map([...sums].map(([path, sum]) => [path, sum / most]));
}

/**
 * Orders chunks so that the first ones name many files: a file's second chunk counts `decay` of its score, its third
 * that share of it again. Not strictly one chunk a file: a chunk that is far better than the next file's stays above.
 */
export function spreadOverFiles<Item extends Scored>(chunks: readonly Item[], decay: number): Item[] {
  const seen = new Map<string, number>();
  return [...chunks]
    .sort((a, b) => b.score - a.score)
    .map((chunk) => {
      const before = seen.get(chunk.path) ?? 0;
      seen.set(chunk.path, before + 1);
      return { chunk, score: chunk.score * decay ** before };
    })
    .sort((a, b) => b.score - a.score)
    .map(({ chunk, score }) => ({ ...chunk, score }));
}
