import { askedStems, isRelated, stemsOf } from '../ranking/words.js';

/** Lines of a chunk that say most of what the query says. */
export interface BestLines {
  /** 1-based line of the file. */
  startLine: number;
  endLine: number;
  text: string;
}

/** The first lines say what it is: they count for so much more. */
const HEAD_BONUS = 0.5;

/**
 * The stretch of up to `count` lines of a chunk that has most words of the query; its beginning where none has any.
 * Blank lines at its ends are left out.
 */
export function bestLines(
  query: string,
  { startLine, text }: { startLine: number; text: string },
  count: number,
): BestLines {
  const asked = [...askedStems(query)];
  const lines = text.split('\n');
  const words = lines.map((line) => {
    const stems = new Set(stemsOf(line.slice(0, 500)));
    return new Set(asked.filter((word) => [...stems].some((one) => isRelated(word, one))));
  });
  let best = { start: 0, score: -1 };
  for (let start = 0; start < Math.max(1, lines.length - count + 1); start++) {
    const met = new Set(words.slice(start, start + count).flatMap((set) => [...set]));
    const score = met.size + (start === 0 ? HEAD_BONUS : 0) + ((words[start]?.size ?? 0) > 0 ? 0.1 : 0);
    if (score > best.score) best = { start, score };
  }
  let [first, last] = [best.start, Math.min(lines.length, best.start + count) - 1];
  while (first < last && lines[first]?.trim() === '') first++;
  while (last > first && lines[last]?.trim() === '') last--;
  return {
    startLine: startLine + first,
    endLine: startLine + last,
    text: lines.slice(first, last + 1).join('\n'),
  };
}
