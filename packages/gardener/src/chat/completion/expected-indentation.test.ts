import { expect, it } from 'vitest';
import { expectedIndentation } from './expected-indentation.js';

/** `|` is the cursor. */
function at(code: string): string {
  const [before = '', after = ''] = code.split('|');
  return expectedIndentation({ before, after });
}

it.each([
  ['function f() {\n  a();\n|\n}\n', '  '],
  ['function f() {\n|\n}\n', '  '],
  ['class A {\n    m() {\n|\n    }\n}\n', '        '],
  ['func f() {\n\tif a {\n|\n\t}\n}\n', '\t\t'],
  ['def f():\n    a()\n|\n    return 1\n', '    '],
  ['if a:\n    b()\n|\nc()\n', ''],
  ['function f() {\n  a();\n}\n|\n', ''],
  ['function f() {\n  a();\n}\n|\nfunction g() {\n', ''],
  ['const a = 1;\n|const b = 2;\n', ''],
  ['function f() {\n  |\n}\n', ''],
  ['|', ''],
])('%j', (code, expected) => {
  expect(at(code)).toBe(expected);
});
