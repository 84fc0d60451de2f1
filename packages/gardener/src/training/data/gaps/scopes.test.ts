import { expect, test } from 'vitest';
import { findScopes, MAX_SCOPE_CHARS, type ScopeKind } from './scopes.js';

const TYPESCRIPT = `import { open } from './files.js';

/** Says (hello. */
export function greet(name: string, loud = false): string {
  const words = ['hello', name.trim()];
  const joined = words.map((word) => (loud ? word.toUpperCase() : word)).join(', ');
  console.log('a bracket in a string: (', {
    joined,
    length: joined.length,
    words: words.length,
  });
  return \`\${joined}!\`;
}
`;

const PYTHON = `def total(items, tax=0.2):
    """Sum of (all items."""
    result = 0
    for item in items:
        result += item.price * item.count  # it's (fine

        log("added", item.name, item.price)
    return result * (1 + tax)


def other():
    pass
`;

function texts(source: string, language: string, kind: ScopeKind): string[] {
  return findScopes(source, language)
    .filter((scope) => scope.kind === kind)
    .map(({ start, end }) => source.slice(start, end));
}

test('a body ends before its closing brace and may begin at each of its lines', () => {
  const bodies = texts(TYPESCRIPT, 'typescript', 'body');
  const whole = bodies.find((text) => text.startsWith('const words'));
  expect(whole?.endsWith('joined}!`;')).toBe(true);
  expect(bodies.some((text) => text.startsWith('console.log(') && text.endsWith('joined}!`;'))).toBe(true);
});

test('a statement over several lines is one scope; brackets in strings and comments do not count', () => {
  const statements = texts(TYPESCRIPT, 'typescript', 'statement');
  const call = statements.find((text) => text.startsWith('console.log'));
  expect(call?.endsWith('});')).toBe(true);
});

test('arguments are what stands between the brackets of a call', () => {
  const found = texts(TYPESCRIPT, 'typescript', 'arguments');
  expect(found).toContain('name: string, loud = false');
  expect(found).toContain('(word) => (loud ? word.toUpperCase() : word)');
});

test('the rest of a line begins between words and ends with the line', () => {
  const rests = texts(TYPESCRIPT, 'typescript', 'line');
  expect(rests).toContain("['hello', name.trim()];");
  expect(rests.every((text) => !text.includes('\n'))).toBe(true);
});

test('Python bodies follow the indentation, over empty lines, up to the next line that is less deep', () => {
  const bodies = texts(PYTHON, 'python', 'body');
  expect(bodies.some((text) => text.startsWith('result = 0') && text.endsWith('(1 + tax)'))).toBe(true);
  expect(bodies.some((text) => text.startsWith('result += item') && text.endsWith('item.price)'))).toBe(true);
  expect(bodies.every((text) => !text.includes('def other'))).toBe(true);
});

test('lines inside a string over several lines begin no scope', () => {
  const source =
    'const page = `\n  first (line of text\n  second line of text\n`;\nconst next = makeIt(page, page);\n';
  const found = texts(source, 'typescript', 'line');
  expect(found.some((text) => text.includes('second'))).toBe(false);
  expect(found).toContain('makeIt(page, page);');
});

test('carriage returns are no part of a scope, and no scope is longer than the limit', () => {
  const long = `f(${'argument, '.repeat(300)})\n`;
  const source = `${TYPESCRIPT.replaceAll('\n', '\r\n')}${long}`;
  for (const { start, end } of findScopes(source, 'typescript')) {
    expect(source[end - 1]).not.toBe('\r');
    expect(end - start).toBeLessThanOrEqual(MAX_SCOPE_CHARS);
  }
});

test('what is no code at all gives no scope and no error', () => {
  for (const source of ['', '\n\n', ')}])', '"""', '((((', "'", '/*']) {
    expect(findScopes(source, 'python')).toEqual([]);
  }
});
