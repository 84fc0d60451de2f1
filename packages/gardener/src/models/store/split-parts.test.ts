import { expect, it } from 'vitest';
import { splitParts } from './split-parts.js';

it('names all parts by any of them, in its folder', () => {
  const parts = ['/m/q-00001-of-00003.gguf', '/m/q-00002-of-00003.gguf', '/m/q-00003-of-00003.gguf'];
  for (const part of parts) expect(splitParts(part)).toEqual(parts);
});

it.each([
  'model.gguf',
  'q-00000-of-00002.gguf',
  'q-00003-of-00002.gguf',
  'q-00001-of-00001.gguf',
  'q-00001-of-99999.gguf',
  'q-00001-of-00002.safetensors',
])('%s is no part', (name) => {
  expect(splitParts(name)).toBeNull();
});
