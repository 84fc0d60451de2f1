import { z } from '@hono/zod-openapi';
import { expect, it } from 'vitest';
import { chatFields, generationFields } from './schemas.js';

const request = z.object({ ...generationFields, ...chatFields });
const parse = (fields: object) => request.safeParse({ model: 'gardener', ...fields });

it.each([
  [{ logprobs: true }, 'probabilities of tokens are not given'],
  [{ logprobs: 5 }, 'probabilities of tokens are not given'],
  [{ top_logprobs: 3 }, 'probabilities of tokens are not given'],
  [{ tool_choice: 'required' }, 'no tool is called: leave it out, or say none or auto'],
  [
    { tool_choice: { type: 'function', function: { name: 'a' } } },
    'no tool is called: leave it out, or say none or auto',
  ],
  [{ function_call: { name: 'a' } }, 'no function is called: leave it out, or say none or auto'],
  [{ logit_bias: { 50256: -100 } }, 'tokens cannot be favoured'],
  [{ n: 2 }, 'only one answer at once'],
])('%j is refused with a sentence', (fields, sentence) => {
  expect(parse(fields).error?.issues.map(({ message }) => message)).toEqual([sentence]);
});

it('takes what asks for nothing more', () => {
  const plain = {
    logprobs: false,
    top_logprobs: 0,
    tool_choice: 'auto',
    function_call: 'none',
    logit_bias: {},
    n: 1,
  };
  expect(parse(plain).success).toBe(true);
  expect(parse({ logprobs: null, tool_choice: null, logit_bias: null }).success).toBe(true);
});

it('has one rule for how many tokens: more than can be written are as many as can', () => {
  for (const field of ['max_tokens', 'max_completion_tokens'])
    expect(parse({ [field]: 1_000_000 }).data).toMatchObject({ [field]: 100_000 });
  expect(parse({ max_tokens: 0 }).success).toBe(false);
});
