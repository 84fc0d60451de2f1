import { expect, it } from 'vitest';
import { windowsShellWord } from './shell-word.js';

it.each([
  ['gardener', '"gardener"'],
  ['C:\\Program Files\\gardener.cmd', '"C:\\Program Files\\gardener.cmd"'],
  ['C:\\R&D (new)', '"C:\\R&D (new)"'],
  ['a" & calc "', '"a & calc "'],
])('%s', (word, quoted) => {
  expect(windowsShellWord(word)).toBe(quoted);
});
