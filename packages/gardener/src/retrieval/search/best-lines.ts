import { cuesOf } from '../ranking/code-cues.js';
import { namesInQuery } from '../ranking/query-names.js';
import { askedStems, isRelated, stemsOf } from '../ranking/words.js';

/** Lines of a chunk that say most of what the query says. */
export interface BestLines {
  /** 1-based line of the file. */
  startLine: number;
  endLine: number;
  text: string;
}

/** A line with the stems of its words, each once. */
export interface ReadLine {
  text: string;
  stems: readonly string[];
}

/** Something that a query asks a line for, and what it counts. */
export interface Wish {
  weight: number;
  isMet(line: ReadLine): boolean;
}

/** A stretch of lines, by places among those of its text. */
export interface Stretch {
  first: number;
  last: number;
  /** Share of the wishes that it meets, by weight; 0 to 1. */
  met: number;
}

/** The first lines say what it is: they count for so much more. */
const HEAD_BONUS = 0.5;
/** Of two stretches with the same words the one that begins with one of them. */
const START_BONUS = 0.1;
/** Of a longer line the beginning is looked at. */
const MAX_LINE_CHARACTERS = 500;

/**
 * The stretch of up to `count` lines of a chunk that has most words of the query; its beginning where none has any.
 * Blank lines at its ends are left out.
 */
export function bestLines(
  query: string,
  { startLine, text }: { startLine: number; text: string },
  count: number,
): BestLines {
  const { first, last } = bestStretch(wishesOf(query), readLines(text), count);
  const lines = text.split('\n').slice(first, last + 1);
  return { startLine: startLine + first, endLine: startLine + last, text: lines.join('\n') };
}

/** The lines of a text, to be looked at for what a query asks. */
export function readLines(text: string): ReadLine[] {
  return text.split('\n').map((line) => ({
    text: line,
    stems: [...new Set(stemsOf(line.slice(0, MAX_LINE_CHARACTERS)))],
  }));
}

/**
 * What a query asks lines for: its telling words, the names that it spells, and what code writes for some words.
 * @param texts among which what few have counts more. Defaults to none: everything counts 1
 */
export function wishesOf(query: string, texts: readonly (readonly ReadLine[])[] = []): Wish[] {
  const wishes: Wish['isMet'][] = [
    ...[...askedStems(query)].map(
      (word) =>
        ({ stems }: ReadLine) =>
          stems.some((one) => isRelated(word, one)),
    ),
    ...[...namesInQuery(query).exact].map(
      (name) =>
        ({ text }: ReadLine) =>
          text.slice(0, MAX_LINE_CHARACTERS).includes(name),
    ),
    ...cuesOf(query).map(
      (cue) =>
        ({ text }: ReadLine) =>
          cue.test(text.slice(0, MAX_LINE_CHARACTERS)),
    ),
  ];
  return wishes.map((isMet) => {
    const having = texts.filter((lines) => lines.some(isMet)).length;
    return { isMet, weight: texts.length === 0 ? 1 : Math.log(1 + texts.length / (1 + having)) };
  });
}

/** {@link bestLines} of a text that has been read, by places. */
export function bestStretch(wishes: readonly Wish[], lines: readonly ReadLine[], count: number): Stretch {
  const met = lines.map((line) => wishes.filter(({ isMet }) => isMet(line)));
  const sum = (some: Iterable<Wish>) => [...some].reduce((total, { weight }) => total + weight, 0);
  let best = { start: 0, score: -1, met: 0 };
  for (let start = 0; start < Math.max(1, lines.length - count + 1); start++) {
    const within = sum(new Set(met.slice(start, start + count).flat()));
    const bonus = (start === 0 ? HEAD_BONUS : 0) + ((met[start]?.length ?? 0) > 0 ? START_BONUS : 0);
    if (within + bonus > best.score) best = { start, score: within + bonus, met: within };
  }
  const isBlank = (place: number) => lines[place]?.text.trim() === '';
  let [first, last] = [best.start, Math.min(lines.length, best.start + count) - 1];
  while (first < last && isBlank(first)) first++;
  while (last > first && isBlank(last)) last--;
  return { first, last, met: best.met / Math.max(sum(wishes), Number.EPSILON) };
}
