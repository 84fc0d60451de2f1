import { expect, it } from 'vitest';
import { prepareErrorCounter } from '../../codebase/parse/syntax-errors.js';
import { cutToSyntax } from './cut-to-syntax.js';

const cursor = { before: 'function f() {\n  ', after: '\n}\n' };

async function cut(text: string, around = cursor): Promise<string> {
  const count = await prepareErrorCounter('typescript');
  return cutToSyntax(text, around, count ?? (() => null));
}

it('leaves valid code as it is', async () => {
  expect(await cut('const a = 1;\n  return a;')).toBe('const a = 1;\n  return a;');
});

it('cuts off the lines that are none', async () => {
  expect(await cut('const a = 1;\n  This creates a ` constant )')).toBe('const a = 1;');
  expect(await cut('const a = 1;\n  if (a) {')).toBe('const a = 1;');
});

it('keeps the first line, and all of it where nothing is better', async () => {
  expect(await cut('if (')).toBe('if (');
  const open = { before: 'function f() {\n  ', after: '' };
  expect(await cut('g(1);\n  h(2);', open)).toBe('g(1);\n  h(2);');
});

it('leaves a text alone that takes the parser too long', () => {
  expect(cutToSyntax('a\nb', cursor, () => null)).toBe('a\nb');
});
