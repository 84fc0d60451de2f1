/** What is scored: a chunk of a file. */
export interface Scored {
  path: string;
  score: number;
}

/** Further chunks of a file say less and less: each counts this share of the one before. */
const FADE = 0.8;

/** A header and its source, or one declaration in Objective-C: one thing in two files. */
const HEADER_OR_SOURCE = /\.(?:h|hh|hpp|hxx|c|cc|cpp|cxx|m|mm)$/i;

/** What a file is a part of: itself, or a header with its source. */
const unitOf = (path: string) => path.replace(HEADER_OR_SOURCE, '');

/**
 * How much the chunks of a file support each other: by path, the scores of its chunks added up, fading, as a share of
 * the file that has most. A header and its source support each other.
 */
export function fileEvidence(chunks: readonly Scored[]): Map<string, number> {
  const byUnit = new Map<string, { paths: Set<string>; scores: number[] }>();
  for (const { path, score } of chunks) {
    const unit = byUnit.get(unitOf(path));
    if (unit === undefined) byUnit.set(unitOf(path), { paths: new Set([path]), scores: [score] });
    else {
      unit.paths.add(path);
      unit.scores.push(score);
    }
  }
  const sums = new Map<string, number>();
  for (const { paths, scores } of byUnit.values()) {
    scores.sort((a, b) => b - a);
    const sum = scores.reduce((total, score, place) => total + score * FADE ** place, 0);
    for (const path of paths) sums.set(path, sum);
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
