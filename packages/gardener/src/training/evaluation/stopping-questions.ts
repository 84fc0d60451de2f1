import type { Chunk } from '../../codebase/chunk/chunk.js';
import { seededRandom, shuffled } from '../data/random.js';

/** Questions of the stopping check. */
export const STOPPING_QUESTIONS = 20;

// The training pairs use none of these wordings, so that no model passes the check by having learned them by heart.
const ABOUT_SYMBOL = [
  (symbol: string, path: string) => `In one sentence, what is the purpose of ${symbol} in ${path}?`,
  (symbol: string, path: string) => `Which file holds ${symbol}, ${path} or another one? Answer briefly.`,
  (symbol: string) => `Name one thing that ${symbol} needs in order to work.`,
  (symbol: string) => `When would a developer call ${symbol}? Keep it short.`,
  (symbol: string) => `Give a short comment line that describes ${symbol}.`,
];
const GENERAL = [
  'What is a unit test? Answer in one sentence.',
  'Name two reasons for using version control.',
  'What does it mean that a function is pure? Answer briefly.',
  'How do I reverse a list in Python? One line is enough.',
  'What is the difference between a class and an object, in one sentence?',
];

/**
 * The 20 questions of the stopping check: fifteen about symbols of the training side, five general
 * ones. Deterministic by seed.
 * @param chunks chunks of the training side
 */
export function stoppingQuestions(chunks: readonly Pick<Chunk, 'symbol' | 'path'>[], seed: number): string[] {
  const random = seededRandom(seed, 'questions');
  const named = shuffled(
    chunks.filter((chunk) => chunk.symbol !== null),
    random,
  );
  const questions: string[] = [];
  for (let i = 0; i < STOPPING_QUESTIONS - GENERAL.length; i++) {
    const chunk = named[i % Math.max(1, named.length)];
    const ask = ABOUT_SYMBOL[i % ABOUT_SYMBOL.length];
    if (chunk?.symbol && ask) questions.push(ask(chunk.symbol, chunk.path));
  }
  for (let i = 0; questions.length < STOPPING_QUESTIONS; i++) {
    const general = GENERAL[i % GENERAL.length] as string;
    questions.push(i < GENERAL.length ? general : `${general} (${i})`);
  }
  return questions;
}
