import { expect, it } from 'vitest';
import { chosenFields, infillAnswerOf } from './infill-answer.js';

const end = {
  type: 'end' as const,
  ...{ reason: 'stop' as const, promptTokens: 100, cachedTokens: 60, completionTokens: 4 },
  ...{ promptMs: 50, writingMs: 100, totalMs: 150, confidence: 0.5, silence: null },
  ...{ adapter: { version: 1, strength: 1, reason: 'promoted' }, sources: [], fillInTheMiddle: true },
};
const answer = infillAnswerOf('shop', 'a\nb', 'a\nb', end);

it('tells tokens and times as llama.cpp’s server does', () => {
  expect(answer).toMatchObject({
    ...{ content: 'a\nb', has_new_line: true, stop_type: 'eos', tokens_cached: 60, tokens_evaluated: 100 },
    timings: { cache_n: 60, prompt_n: 40, prompt_ms: 50, prompt_per_second: 800, predicted_per_token_ms: 25 },
  });
});

it('names a field inside of another by its whole path, and leaves out what is not there', () => {
  const names = [
    'content',
    'timings/prompt_n',
    'timings/nothing',
    '',
    'constructor',
    'content/length',
    'tokens/0',
  ];
  expect(chosenFields(answer, names)).toEqual({ content: 'a\nb', 'timings/prompt_n': 40 });
  expect(chosenFields(answer, ['__proto__/polluted', 'timings'])).toEqual({ timings: answer.timings });
  expect(chosenFields(answer, [])).toEqual(answer);
  expect(chosenFields(answer, null)).toEqual(answer);
});
