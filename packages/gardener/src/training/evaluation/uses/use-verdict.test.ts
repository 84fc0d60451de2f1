import { expect, it } from 'vitest';
import { isRight } from './measure-uses.js';
import type { UseScores } from './use-scores.js';
import { judgeUses, signTest } from './use-verdict.js';

function scores(firstLines: string, answers: string, leaked = ''): UseScores {
  return {
    completions: [...firstLines].map((sign, i) => ({
      path: `file-${i}.py`,
      firstLine: sign === '+',
      similarity: sign === '+' ? 1 : 0.3,
      leaked: leaked[i] === '!',
    })),
    completionsAlone: [],
    answers: [...answers].map((sign) => sign === '+'),
  };
}

it('an adapter that is as good serves both uses', () => {
  const { completion, answers } = judgeUses(scores('+-+-+-', '+--'), scores('++++--', '++-'));
  expect(completion).toMatchObject({ serves: 'adapter', base: 3, adapter: 4, n: 6 });
  expect(answers).toMatchObject({ serves: 'adapter', base: 1, adapter: 2, n: 3 });
});

it('one that completes worse, beyond chance, leaves completion to the base and answers questions', () => {
  const { completion, answers } = judgeUses(scores('++++------', '+--'), scores('----------', '+--'));
  expect(completion).toMatchObject({ serves: 'base', base: 4, adapter: 0 });
  expect(completion?.reason).toBe(
    'The first line of a completion is right in 0 of 10 with the adapter, 4 with the base.',
  );
  expect(answers?.serves).toBe('adapter');
});

it('the case of the framework: prose of a chat behind every completion', () => {
  const { completion } = judgeUses(scores('++--------', ''), scores('----------', '', '!!!!!!!!!!'));
  // The counts stay those of first lines; the reason is that of the leak.
  expect(completion).toMatchObject({ serves: 'base', base: 2, adapter: 0, n: 10 });
  expect(completion?.reason).toContain('prose');
});

it('completions are judged as each side would make them, and told with related code and without', () => {
  const alone = (signs: string) => scores(signs, '').completions;
  const base = { ...scores('++++++', ''), completionsAlone: alone('------') };
  const adapter = { ...scores('------', ''), completionsAlone: alone('++++++') };
  const counts = { retrieved: { base: 6, adapter: 0, n: 6 }, alone: { base: 0, adapter: 6, n: 6 } };
  expect(judgeUses(base, adapter).completion).toMatchObject({ serves: 'base', adapter: 0, ...counts });
  const shown = { base: true, adapter: false };
  expect(judgeUses(base, adapter, shown).completion).toMatchObject({
    ...{ serves: 'adapter', base: 6, adapter: 6, n: 6 },
    ...counts,
  });
  // Without the time for it, what there was time for is judged.
  const cut = { ...adapter, completionsAlone: [] };
  expect(judgeUses(base, cut, shown).completion).toMatchObject({ serves: 'base', alone: null });
});

it('three that change for the worse are within chance; nothing measured says nothing', () => {
  expect(judgeUses(scores('+++', ''), scores('---', ''))).toEqual({
    completion: expect.objectContaining({ serves: 'adapter' }),
    answers: null,
  });
});

it('the sign test is the tail of a fair coin', () => {
  expect(signTest(4, 4)).toBeCloseTo(0.0625);
  expect(signTest(0, 0)).toBe(1);
  expect(signTest(8, 10)).toBeCloseTo(0.0546875);
});

it('an answer is right when it names all that is expected and invents no file', () => {
  const prompt = 'src/slug.ts:1-3\n```ts\nexport function slugify(title: string) {}\n```';
  expect(isRight('It is in `src/slug.ts`.', ['slug.ts'], prompt)).toBe(true);
  expect(isRight('It is in src/other.ts, not slug.ts.', ['slug.ts'], prompt)).toBe(false);
  expect(isRight('It takes titles.', ['title'], prompt)).toBe(false);
  expect(isRight('It takes `title`.', ['title'], prompt)).toBe(true);
});
