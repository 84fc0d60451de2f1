import { expect, test } from 'vitest';
import { STOPPING_QUESTIONS, stoppingQuestions } from './stopping-questions.js';

test('twenty different questions that name the project, the same for the same seed', () => {
  const chunks = Array.from({ length: 30 }, (_, i) => ({ symbol: `symbol${i}`, path: `src/${i}.ts` }));
  const questions = stoppingQuestions(chunks, 1);
  expect(new Set(questions).size).toBe(STOPPING_QUESTIONS);
  expect(questions.filter((question) => question.includes('symbol')).length).toBe(15);
  expect(stoppingQuestions(chunks, 1)).toEqual(questions);
  expect(stoppingQuestions(chunks, 2)).not.toEqual(questions);
});

test('a codebase without symbols still gets twenty', () => {
  expect(stoppingQuestions([{ symbol: null, path: 'a' }], 1)).toHaveLength(STOPPING_QUESTIONS);
});
