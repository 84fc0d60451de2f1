import {
  bestStretch,
  type ReadLine,
  readLines,
  type Wish,
  wishesOf,
} from '../retrieval/search/best-lines.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { chunkBlock } from './chunk-block.js';

/** Results that are looked through for a question; a few of them are shown. */
export const CANDIDATES = 32;
/** The best ones are shown whole, of the others the lines that say most of what is asked. */
const WHOLE_RESULTS = 2;
const MOST_RESULTS = 7;
const PASSAGE_LINES = 10;
/** Fewer lines than this say nothing. */
const FEWEST_LINES = 3;

type Count = (text: string) => Promise<number>;

/** A result with its lines read. */
interface Candidate {
  result: SearchResult;
  lines: readonly ReadLine[];
}

/**
 * Takes results into a prompt: the best ones whole, and passages of those others whose lines have most of what is
 * asked. The first that does not fit is shortened if enough of it does, and ends the list.
 * @param results best first; more than are shown, so that there is a choice
 * @returns what is shown, the best first; `chunk` has the lines that are shown
 */
export async function fitCode(
  question: string,
  results: readonly SearchResult[],
  room: number,
  count: Count,
): Promise<{ used: SearchResult[]; tokens: number }> {
  const candidates = results.map((result) => ({ result, lines: readLines(result.chunk.text) }));
  const wishes = wishesOf(
    question,
    candidates.map(({ lines }) => lines),
  );
  const used: SearchResult[] = [];
  let tokens = 0;
  for (const candidate of inOrder(wishes, candidates)) {
    if (used.length === MOST_RESULTS) break;
    if (used.some((other) => contains(other, candidate.result))) continue;
    const wanted =
      used.length < WHOLE_RESULTS ? candidate.result : passageOf(wishes, candidate, PASSAGE_LINES);
    const needed = await count(chunkBlock(wanted.chunk));
    if (tokens + needed <= room) {
      used.push(wanted);
      tokens += needed;
      continue;
    }
    const shortened = await shorten(wishes, candidate, room - tokens, count);
    if (shortened !== null) {
      used.push(shortened.result);
      tokens += shortened.tokens;
    }
    break;
  }
  return { used, tokens };
}

/** The best results in their order, then the others by their score and what their best lines have of the question. */
function inOrder(wishes: readonly Wish[], candidates: readonly Candidate[]): Candidate[] {
  const best = Math.max(candidates[0]?.result.score ?? 0, Number.EPSILON);
  const others = candidates.slice(WHOLE_RESULTS).map((candidate) => ({
    candidate,
    worth: candidate.result.score / best + bestStretch(wishes, candidate.lines, PASSAGE_LINES).met,
  }));
  return [
    ...candidates.slice(0, WHOLE_RESULTS),
    ...others.sort((a, b) => b.worth - a.worth).map(({ candidate }) => candidate),
  ];
}

/** The lines of a result that say most of what is asked. */
function passageOf(wishes: readonly Wish[], { result, lines }: Candidate, most: number): SearchResult {
  const { chunk } = result;
  const { first, last } = bestStretch(wishes, lines, most);
  const shown = lines.slice(first, last + 1).map(({ text }) => text);
  const [startLine, endLine] = [chunk.startLine + first, chunk.startLine + last];
  return { ...result, chunk: { ...chunk, text: shown.join('\n'), startLine, endLine } };
}

/** The largest passage of a result that fits, found by halving; null when it is too small to be of use. */
async function shorten(wishes: readonly Wish[], candidate: Candidate, room: number, count: Count) {
  let best: { result: SearchResult; tokens: number } | null = null;
  let low = FEWEST_LINES;
  let high = candidate.lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const result = passageOf(wishes, candidate, middle);
    const tokens = await count(chunkBlock(result.chunk));
    if (tokens <= room) {
      best = { result, tokens };
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return best;
}

/** Whether a result lies within another. */
export function contains(outer: SearchResult, inner: SearchResult): boolean {
  return (
    outer.chunk.path === inner.chunk.path &&
    outer.chunk.startLine <= inner.chunk.startLine &&
    outer.chunk.endLine >= inner.chunk.endLine
  );
}
