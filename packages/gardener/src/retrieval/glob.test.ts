import { describe, expect, it } from 'vitest';
import { globToRegularExpression } from './glob.js';

const matches = (glob: string, path: string) => new RegExp(globToRegularExpression(glob), 'u').test(path);

describe('globToRegularExpression', () => {
  it.each([
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/deep/a.ts', false],
    ['src/**/*.ts', 'src/a.ts', true],
    ['src/**/*.ts', 'src/deep/er/a.ts', true],
    ['src/**', 'src/deep/a.py', true],
    ['src/', 'src/deep/a.py', true],
    ['*.py', 'deep/down/a.py', true],
    ['*.py', 'a.pyc', false],
    ['./src/a.ts', 'src/a.ts', true],
    ['src/{a,b}.ts', 'src/b.ts', true],
    ['src/{a,b}.ts', 'src/c.ts', false],
    ['src/?.ts', 'src/ab.ts', false],
    ['src/[ab].ts', 'src/a.ts', true],
    ['src/[!ab].ts', 'src/a.ts', false],
    ['app/[id]/page.tsx', 'app/i/page.tsx', true],
    ['a+b(c).ts', 'a+b(c).ts', true],
    ['src/{a.ts', 'src/{a.ts', true],
    ['日本/*.ts', '日本/語.ts', true],
    ['.*', 'anything', false],
  ])('%s on %s: %s', (glob, path, expected) => {
    expect(matches(glob, path)).toBe(expected);
  });
});

it.each(['[z-a].ts', 'a'.repeat(600)])('refuses %s', (glob) => {
  expect(() => globToRegularExpression(glob)).toThrow(
    expect.objectContaining({ code: 'retrieval.bad-glob' }),
  );
});
