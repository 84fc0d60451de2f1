import { expect, inject, test } from 'vitest';
import { LoraError } from './errors.js';

test('recognises its own errors by their marker', () => {
  const error = new LoraError('test.code', 'It broke.', { remedy: 'Mend it.' });
  expect(LoraError.isInstance(error)).toBe(true);
  expect(LoraError.isInstance(new Error('It broke.'))).toBe(false);
  expect(inject('baseModelFile')).toMatch(/\.gguf$/);
});
