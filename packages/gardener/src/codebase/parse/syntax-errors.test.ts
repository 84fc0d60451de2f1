import { expect, it } from 'vitest';
import { prepareErrorCounter } from './syntax-errors.js';

it('counts what is no syntax and what is missing', async () => {
  const typescript = await prepareErrorCounter('typescript');
  expect(typescript?.('const a = 1;\nf(a);\n')).toBe(0);
  expect(typescript?.('function f() {\n  g(;\n')).toBeGreaterThan(0);
  const python = await prepareErrorCounter('python');
  expect(python?.('def f():\n    return 1\n')).toBe(0);
  expect(python?.('def f(:\n')).toBeGreaterThan(0);
});

it('knows no errors where there is no grammar', async () => {
  expect(await prepareErrorCounter('nonsense')).toBeNull();
});

it('gives up a text that takes too long, and reads the next one', async () => {
  const typescript = await prepareErrorCounter('typescript');
  expect(typescript?.('({['.repeat(400_000))).toBeNull();
  expect(typescript?.('const a = 1;\n')).toBe(0);
});
