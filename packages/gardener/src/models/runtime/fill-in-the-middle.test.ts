import { expect, it } from 'vitest';
import { encodeGap, findGapTokens } from './fill-in-the-middle.js';

const encode = (text: string) => Int32Array.from([...text].map((letter) => letter.charCodeAt(0)));

it.each([
  ['Qwen2.5-Coder', ['x', '<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>'], [1, 97, 3, 98, 2]],
  ['StarCoder2', ['<fim_prefix>', '<fim_middle>', '<fim_suffix>'], [0, 97, 2, 98, 1]],
  ['CodeLlama', ['▁<PRE>', '▁<MID>', '▁<SUF>', '▁<EOT>'], [0, 97, 2, 98, 1]],
  ['DeepSeek-Coder', ['<｜fim▁hole｜>', '<｜fim▁begin｜>', '<｜fim▁end｜>'], [1, 97, 0, 98, 2]],
  ['Codestral', ['[INST]', '[PREFIX]', '[SUFFIX]'], [2, 98, 1, 97]],
])('writes a gap as %s wants it', (_name, vocabulary, expected) => {
  expect([...encodeGap(encode, findGapTokens(vocabulary), 'a', 'b')]).toEqual(expected);
});

it.each([
  ['no tokens', ['a', 'b']],
  ['half of them', ['<fim_prefix>', '<fim_suffix>']],
  ['no vocabulary', undefined],
])('says that a base with %s cannot', (_name, vocabulary) => {
  expect(() => encodeGap(encode, findGapTokens(vocabulary), 'a', 'b')).toThrow(
    expect.objectContaining({ code: 'models.no-fill-in-the-middle' }),
  );
});
