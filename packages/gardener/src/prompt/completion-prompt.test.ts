import { expect, it } from 'vitest';
import { completionPrompt } from './completion-prompt.js';

const lines = (count: number, name: string) =>
  Array.from({ length: count }, (_, n) => `${name}${String(n).padStart(3, '0')}\n`).join('');

function result(path: string, text: string) {
  const chunk = { id: path, path, startLine: 1, endLine: 2, language: 'python', symbol: null, text };
  return { chunk, score: 1, vectorRank: 1, keywordRank: null } as never;
}

function made(changes: object = {}) {
  return completionPrompt({
    repository: 'shop',
    path: 'a.py',
    pathLine: '# a.py\n',
    before: 'x = 1\ny = ',
    after: '\nz = 3\n',
    results: [result('best.py', 'best'), result('other.py', 'other')],
    pathLineOf: ({ chunk }: { chunk: { path: string } }) => `# ${chunk.path}\n`,
    room: 900,
    ...changes,
  });
}

it('puts related code before the file, the best nearest to it, and ends at the place', () => {
  const { prompt, typed, suffix, place, used } = made();
  expect(prompt + typed).toBe('x = 1\ny = ');
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

it('puts what the client sends nearest, and leaves out what is too much', () => {
  const extra = [
    { path: 'old.py', text: 'old', heading: '# old.py\n' },
    { path: 'new.py', text: 'new', heading: '# new.py\n' },
    { path: 'huge.py', text: 'h'.repeat(800), heading: '# huge.py\n' },
  ];
  const { place } = made({ extra });
  expect(place.files.map(({ path }) => path)).toEqual(['other.py', 'best.py', 'old.py', 'new.py']);
});

it('keeps the lines nearest to the place, and fits', () => {
  const { prompt, typed, suffix, place } = made({
    before: lines(500, 'b'),
    after: lines(500, 'a'),
    results: [result('r.py', 'r'.repeat(5_000)), result('s.py', 's'.repeat(50))],
  });
  expect((prompt + typed).endsWith('b498\nb499\n')).toBe(true);
  expect(place.comments).toContain('s'.repeat(50));
  expect(place.comments).not.toContain('rr');
  expect(suffix.startsWith('a000\na001\n')).toBe(true);
  const length = prompt.length + typed.length + suffix.length + place.comments.length;
  expect(length).toBeLessThanOrEqual(900);
  expect(length).toBeGreaterThan(500);
});

it('leaves the room that related code does not take to the file', () => {
  const before = lines(500, 'b');
  const shown = (results: unknown[]) => {
    const { prompt, typed, place } = made({ before, after: '', results, room: 2_000 });
    return { own: prompt.length + typed.length, others: place.comments.length };
  };
  const [alone, withOne] = [shown([]), shown([result('s.py', 's'.repeat(300))])];
  expect(withOne.others).toBeGreaterThan(alone.others + 300);
  expect(alone.own).toBeGreaterThan(1_300);
  expect(alone.own + alone.others).toBeLessThanOrEqual(2_000);
  expect(withOne.own + withOne.others).toBeLessThanOrEqual(2_000);
});

it('takes a part of a line that is too long', () => {
  const { prompt, typed, suffix } = made({
    before: 'b'.repeat(9_000),
    after: 'a'.repeat(9_000),
    results: [],
  });
  expect(prompt + typed).toMatch(/^b{300,900}$/);
  expect(suffix).toMatch(/^a{100,200}$/);
});

it('begins with the same text while lines are typed, and when the client sends a window that moves', () => {
  const file = Array.from({ length: 400 }, (_, n) => `line ${n} ${(n * 7_919) % 101}\n`);
  const begin = (upTo: number, from = 0) => {
    const { prompt, typed } = made({ before: file.slice(from, upTo).join(''), results: [], room: 3_000 });
    return { start: (prompt + typed).slice(0, 40), boundary: typed.slice(0, 40) };
  };
  const seen = Array.from({ length: 60 }, (_, n) => begin(300 + n));
  expect(new Set(seen.map(({ start }) => start)).size).toBeLessThan(8);
  expect(new Set(seen.map(({ boundary }) => boundary)).size).toBeLessThan(15);
  expect(Array.from({ length: 60 }, (_, n) => begin(300 + n, 20 + n))).toEqual(seen);
});

it('changes nothing but the end when letters are typed', () => {
  const before = lines(100, 'b');
  const first = made({ before });
  const second = made({ before: `${before}let a` });
  expect(second).toEqual({ ...first, typed: `${first.typed}let a` });
});
