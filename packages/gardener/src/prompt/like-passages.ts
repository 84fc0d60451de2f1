import type { SearchResult } from '../retrieval/search/search.js';

/** What the search for them goes by: so many lines before the place. */
const QUERY_LINES = 12;
/** Chunks to look for: which has the line that is most like the one being written shows only when they are read. */
export const PASSAGE_CANDIDATES = 32;
/** Lines before a place that are compared with other code, the nearest ones. */
const COMPARED_LINES = 4;
/** Lines of a passage behind those that are alike: what was written there tells what may come here. */
const FOLLOWING_LINES = 4;
/** More would be read for little, where a short file leaves them the room. */
const MOST_PASSAGES = 8;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu;

/** What a search for {@link likePassages} goes by: the last lines before the place, else the path of its file. */
export function passageQuery(before: string, path: string): string {
  return before.split('\n').slice(-QUERY_LINES).join('\n').trim() || path;
}

/**
 * Of each result the lines that are most like those right before a place, with a few that follow them: a prompt has
 * room for few lines, and code that is alike goes on alike. Windows of a few lines are compared by the words that both
 * have, as in RepoCoder (https://arxiv.org/abs/2303.12570); a word that few results have counts more. Results without
 * any of the words are left out, and of results that share lines of a file all but one. The most alike first, those
 * equally alike in the order of the results. Pure.
 * @param before the file's text before the place
 */
export function likePassages(before: string, results: readonly SearchResult[]): SearchResult[] {
  const wanted = wordsOf(before.split('\n').slice(-COMPARED_LINES));
  const read = results.map((result) => {
    const lines = result.chunk.text.split('\n');
    return { result, lines, words: lines.map((line) => wordsOf([line])) };
  });
  const weightOf = rarity(read.map(({ words }) => union(words)));
  const passages = read
    .map(({ result, lines, words }) => ({ lines, result, ...mostAlike(wanted, words, weightOf) }))
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness)
    .map(({ result, lines, start }) => linesOf(result, lines, start, COMPARED_LINES + FOLLOWING_LINES));
  const shown: SearchResult[] = [];
  for (const passage of passages) {
    if (shown.length === MOST_PASSAGES) break;
    if (!shown.some((other) => shareLines(other, passage))) shown.push(passage);
  }
  return shown;
}

function shareLines({ chunk: a }: SearchResult, { chunk: b }: SearchResult): boolean {
  return a.path === b.path && a.startLine <= b.endLine && b.startLine <= a.endLine;
}

/**
 * Where the window begins that has most of the wanted words and fewest others: of the words of both, by weight, the
 * share that both have (Jaccard), in billionths. The window moves a line at a time, and so do the sums.
 */
function mostAlike(
  wanted: ReadonlySet<string>,
  lines: readonly ReadonlySet<string>[],
  weightOf: (word: string) => number,
): { start: number; likeness: number } {
  const wantedWeight = [...wanted].reduce((sum, word) => sum + weightOf(word), 0);
  const counts = new Map<string, number>();
  let [shared, others] = [0, 0];
  const move = (line: ReadonlySet<string> | undefined, by: 1 | -1): void => {
    for (const word of line ?? []) {
      const count = (counts.get(word) ?? 0) + by;
      counts.set(word, count);
      // It counts once, from its first line in the window to its last.
      if (count !== (by === 1 ? 1 : 0)) continue;
      if (wanted.has(word)) shared += by * weightOf(word);
      else others += by * weightOf(word);
    }
  };
  let best = { start: 0, likeness: 0 };
  for (const [end, line] of lines.entries()) {
    move(line, 1);
    move(lines[end - COMPARED_LINES], -1);
    const start = Math.max(0, end - COMPARED_LINES + 1);
    const isWhole = end - start + 1 === Math.min(COMPARED_LINES, lines.length);
    // Sums that moved differ from each other in their last digits where they should not.
    const likeness = isWhole && shared > 0 ? Math.round((1e9 * shared) / (wantedWeight + others)) : 0;
    if (likeness > best.likeness) best = { start, likeness };
  }
  return best;
}

function rarity(texts: readonly ReadonlySet<string>[]): (word: string) => number {
  const having = new Map<string, number>();
  for (const text of texts) for (const word of text) having.set(word, (having.get(word) ?? 0) + 1);
  const byCount = Array.from({ length: texts.length + 1 }, (_, count) =>
    Math.log(1 + texts.length / (1 + count)),
  );
  return (word) => byCount[having.get(word) ?? 0] ?? 0;
}

function linesOf(result: SearchResult, lines: readonly string[], start: number, count: number): SearchResult {
  const { chunk } = result;
  const shown = lines.slice(start, start + count);
  const startLine = chunk.startLine + start;
  const endLine = startLine + shown.length - 1;
  return { ...result, chunk: { ...chunk, text: shown.join('\n'), startLine, endLine } };
}

function wordsOf(lines: readonly string[]): Set<string> {
  return new Set(lines.join('\n').match(WORD) ?? []);
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
