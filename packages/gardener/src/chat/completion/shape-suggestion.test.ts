import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeSuggestion } from './shape-suggestion.js';

/** `|` is the cursor. */
function shape(code: string, written: string, isEnd = true) {
  const [before = '', after = ''] = code.split('|');
  return shapeSuggestion(written, { before, after }, isEnd);
}
const text = (code: string, written: string) => shape(code, written).text;

describe('inside a line', () => {
  it.each([
    ['foo(|);', 'a, b', 'a, b'],
    ['foo(|);', 'a, b);', 'a, b'],
    ['foo(|)', 'bar(a))', 'bar(a)'],
    ['foo(|)', 'bar(a)', 'bar(a)'],
    ['foo(|, c)', 'a, b, c)', 'a, b'],
    ['const a = |;', '1;\nconst b = 2;', '1'],
    ['const [|] = list', 'a, b] = list', 'a, b'],
    ['if (|) {', 'a === "(") {', 'a === "("'],
    ['return a | b;', '+\n  c', '+'],
    ['x(|)', ')', ''],
    ['x = f(a[|', '0])', '0])'],
  ])('%s and %j give %j', (code, written, expected) => {
    expect(text(code, written)).toBe(expected);
  });

  it('is whole at the end of the line, not before', () => {
    expect(shape('foo(|);', 'a, ', false)).toEqual({ text: 'a, ', isWhole: false });
    expect(shape('foo(|);', 'a, b\n', false).isWhole).toBe(true);
    expect(shape('foo(|);', 'a, b)', false)).toEqual({ text: 'a, b', isWhole: true });
  });
});

describe('at the end of a line', () => {
  it('finishes the statement and nothing more', () => {
    expect(text('  const total = |\n  return total;\n}', 'a + b;\n  const x = 1;\n')).toBe('a + b;');
    expect(text('import { a } from |\n', "'./a.js';\nimport { b } from './b.js';\n")).toBe("'./a.js';");
  });

  it('takes the block that the statement opens, with its closing line', () => {
    const written = '(const a of all) {\n    use(a);\n\n    done(a);\n  }\n  return 1;\n}\n';
    expect(text('  for |\n', written)).toBe('(const a of all) {\n    use(a);\n\n    done(a);\n  }');
    expect(text('    if ready|\n', ':\n        go()\n    return 1\n')).toBe(':\n        go()');
    expect(text('if (a) |\n', '{\n  b();\n} else {\n  c();\n}\nd();\n')).toBe(
      '{\n  b();\n} else {\n  c();\n}',
    );
    expect(text('const f = (|\n', 'a: number,\n  b: number,\n) => a + b;\nconst g = 1;')).toBe(
      'a: number,\n  b: number,\n) => a + b;',
    );
  });

  it('leaves the closing line to the code below', () => {
    expect(text('  if (a) {|\n  }\n', '\n    b();\n  }\n')).toBe('\n    b();');
    expect(text('function f() {|\n}\n', '\n  return 1;\n}\n\nfunction g() {\n')).toBe('\n  return 1;');
  });
});

describe('on a line of its own', () => {
  it('never goes on into the next method', () => {
    const written = 'return this.total;\n  }\n\n  clear() {\n    this.total = 0;\n  }\n';
    expect(text('  sum() {\n    |\n  }\n}', written)).toBe('return this.total;');
    expect(text('    def a(self):\n        |\n', 'return 1\n\n    def b(self):\n        return 2\n')).toBe(
      'return 1',
    );
    expect(text('  |\n}', 'a() {\n    return 1;\n  }\n\n  b() {\n    return 2;\n  }\n')).toBe(
      'a() {\n    return 1;\n  }',
    );
    expect(text('|', 'def a():\n    return 1\n\n\ndef b():\n    return 2\n')).toBe('def a():\n    return 1');
  });

  it('ends with the paragraph', () => {
    expect(text('  |\n}', 'const a = 1;\n  const b = 2;\n\n  const c = 3;\n')).toBe(
      'const a = 1;\n  const b = 2;',
    );
  });

  it('repeats neither the code below nor the code above', () => {
    expect(text('  |\n  return total;\n}', 'total += 1;\n  return total;\n}')).toBe('total += 1;');
    expect(text('  |\n  return total;\n}', 'return total;\n')).toBe('');
    expect(text('  total += price;\n  |\n', 'total += price;\n')).toBe('');
    expect(text('  use(a);\n  |\n', 'use(b);\n')).toBe('use(b);');
    expect(text('  f();\n  |\n}', '}\n')).toBe('');
  });

  it('keeps out what is no code', () => {
    expect(text('  |\n', 'go();\n```\nThis code creates a switch.')).toBe('go();');
    expect(text('|\n', '```ts\ngo();\n```')).toBe('');
  });

  it('knows that it is whole as soon as the next line says so', () => {
    expect(shape('  |\n}', 'go();\n', false)).toEqual({ text: 'go();', isWhole: false });
    expect(shape('  |\n}', 'go();\n}', false)).toEqual({ text: 'go();', isWhole: true });
    expect(shape('  |\n}', 'go();\n\n', false).isWhole).toBe(false);
    expect(shape('  |\n}', 'go();\n\n  s', false).isWhole).toBe(true);
  });
});

it('gives a beginning of what was written, and the same whether it comes whole or in pieces', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '  ',
    '(',
    ')',
    '{',
    '}',
    ';',
    '"',
    'if (x) {\n',
    '\n}\n',
    'b();',
  );
  const code = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(code, code, code, (before, after, written) => {
      const whole = shapeSuggestion(written, { before, after }, true);
      expect(written.startsWith(whole.text)).toBe(true);
      for (let length = 0; length < written.length; length++) {
        const early = shapeSuggestion(written.slice(0, length), { before, after }, false);
        if (early.isWhole) expect(early.text).toBe(whole.text);
      }
    }),
    { numRuns: 300 },
  );
});
