import type { Exchange } from './exchange.js';

/** Older exchanges that are mentioned, newest last; more would cost the prompt more than they tell. */
const MAX_MENTIONED = 12;
const MAX_QUESTION_CHARACTERS = 120;
const MAX_ANSWER_CHARACTERS = 160;

/**
 * What was asked before the exchanges that are kept verbatim: a line each with the question and the first sentence of
 * its answer. Extractive: taken from the texts, no model involved, so it costs nothing and invents nothing.
 * @param older oldest first
 * @returns null when there is nothing to summarise
 */
export function summarise(older: readonly Exchange[]): string | null {
  if (older.length === 0) return null;
  const mentioned = older.slice(-MAX_MENTIONED);
  const left = older.length - mentioned.length;
  const lines = mentioned.map(
    ({ question, answer }) =>
      `- ${cut(oneLine(question), MAX_QUESTION_CHARACTERS)} → ${cut(firstSentence(answer), MAX_ANSWER_CHARACTERS)}`,
  );
  return [...(left > 0 ? [`(${left} older questions left out)`] : []), ...lines].join('\n');
}

function firstSentence(text: string): string {
  const line = oneLine(text.replace(/```[\s\S]*?(```|$)/g, ' '));
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
