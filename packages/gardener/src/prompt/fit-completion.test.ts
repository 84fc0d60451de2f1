import { expect, it } from 'vitest';
import { fitCompletion } from './fit-completion.js';

const parts = {
  ...{ repository: 'shop', path: 'a.py', pathLine: '# a.py\n', results: [] },
  pathLineOf: () => '',
};

it('counts code once, and makes a prompt of letters that are tokens each smaller', async () => {
  let counts = 0;
  const fit = async (text: string, perCharacter: number) => {
    counts = 0;
    const prompt = await fitCompletion({ ...parts, before: text, after: text }, 500, async (whole) => {
      counts += 1;
      return Math.ceil(whole.length * perCharacter);
    });
    return prompt.prompt.length + prompt.typed.length + prompt.suffix.length;
  };
  const code = 'value = compute(value)\n'.repeat(500);
  expect(await fit(code, 1 / 4)).toBeGreaterThan(800);
  expect(counts).toBe(1);
  expect(await fit('漢'.repeat(9_000), 2)).toBeLessThanOrEqual(288);
  expect(counts).toBeLessThanOrEqual(4);
  const within = await fitCompletion(
    { ...parts, before: code, after: code },
    500,
    async (whole) => Math.ceil(whole.length / 3),
    500,
  );
  expect((within.prompt.length + within.typed.length + within.suffix.length) / 3).toBeLessThanOrEqual(500);
});
