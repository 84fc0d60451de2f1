import { expect, it } from 'vitest';
import { completionPrompt } from './completion-prompt.js';

const countTokens = async (text: string) => text.length;
const lines = (count: number, name: string) =>
  Array.from({ length: count }, (_, n) => `${name}${String(n).padStart(3, '0')}\n`).join('');

function result(path: string, text: string) {
  const chunk = { id: path, path, startLine: 1, endLine: 2, language: 'python', symbol: null, text };
  return { chunk, score: 1, vectorRank: 1, keywordRank: null } as never;
}

function parts(changes: object = {}) {
  return {
    repository: 'shop',
    path: 'a.py',
    pathLine: '# a.py\n',
    before: 'x = 1\ny = ',
    after: '\nz = 3\n',
    results: [result('best.py', 'best'), result('other.py', 'other')],
    pathLineOf: ({ chunk }: { chunk: { path: string } }) => `# ${chunk.path}\n`,
    contextTokens: 1_000,
    answerTokens: 100,
    countTokens,
    ...changes,
  };
}

it('puts related code before the file, the best nearest to it, and ends at the place', async () => {
  const { prompt, suffix, place, used } = await completionPrompt(parts());
  expect(prompt).toBe('x = 1\ny = ');
  expect(place).toEqual({
    repository: 'shop',
    path: 'a.py',
    files: [
      { path: 'other.py', text: 'other' },
      { path: 'best.py', text: 'best' },
    ],
    comments: '# other.py\nother\n\n# best.py\nbest\n\n# a.py\n',
  });
  expect(suffix).toBe('\nz = 3\n');
  expect(used.map(({ chunk }) => chunk.path)).toEqual(['best.py', 'other.py']);
});

it('keeps the lines nearest to the place, and fits', async () => {
  const { prompt, suffix, place } = await completionPrompt(
    parts({
      before: lines(500, 'b'),
      after: lines(500, 'a'),
      results: [result('r.py', 'r'.repeat(5_000)), result('s.py', 's'.repeat(50))],
    }),
  );
  expect(prompt.endsWith('b498\nb499\n')).toBe(true);
  expect(place.comments).toContain('s'.repeat(50));
  expect(place.comments).not.toContain('rr');
  expect(suffix.startsWith('a000\na001\n')).toBe(true);
  const length = prompt.length + suffix.length + place.comments.length;
  expect(length).toBeLessThanOrEqual(900);
  expect(length).toBeGreaterThan(600);
});
