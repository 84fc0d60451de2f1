import { expect, it } from 'vitest';
import { encodeGap, findGapTokens, markerTokens } from './fill-in-the-middle.js';

const idIn = (vocabulary: readonly string[]) => (text: string) => {
  const id = vocabulary.indexOf(text);
  return id < 0 ? undefined : id;
};
const encode = (text: string) => Int32Array.from([...text].map((letter) => letter.charCodeAt(0)));

it.each([
  ['Qwen2.5-Coder', ['x', '<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>'], [1, 97, 3, 98, 2]],
  ['StarCoder2', ['<fim_prefix>', '<fim_middle>', '<fim_suffix>'], [0, 97, 2, 98, 1]],
  ['CodeLlama', ['▁<PRE>', '▁<MID>', '▁<SUF>', '▁<EOT>'], [0, 97, 2, 98, 1]],
  ['DeepSeek-Coder', ['<｜fim▁hole｜>', '<｜fim▁begin｜>', '<｜fim▁end｜>'], [1, 97, 0, 98, 2]],
  ['Codestral', ['[INST]', '[PREFIX]', '[SUFFIX]'], [2, 98, 1, 97]],
])('writes a gap as %s wants it', (_name, vocabulary, expected) => {
  expect([...encodeGap(encode, findGapTokens(idIn(vocabulary)), { before: 'a', after: 'b' })]).toEqual(
    expected,
  );
});

it.each([
  ['no tokens', ['a', 'b']],
  ['half of them', ['<fim_prefix>', '<fim_suffix>']],
])('says that a base with %s cannot', (_name, vocabulary) => {
  expect(() => encodeGap(encode, findGapTokens(idIn(vocabulary)), { before: 'a', after: 'b' })).toThrow(
    expect.objectContaining({ code: 'models.no-fill-in-the-middle' }),
  );
});

it('puts other files in front in the repository format of a base that has one, and as comments elsewhere', () => {
  const place = {
    repository: 'r',
    path: 'p',
    files: [{ path: 'o', text: 't\n\n' }],
    comments: '#o\nt\n#p\n',
  };
  const qwen = [
    ...['<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>', '<|endoftext|>'],
    ...['<|repo_name|>', '<|file_sep|>'],
  ];
  const tokens = findGapTokens(idIn(qwen));
  expect(tokens?.end).toBe(3);
  const letters = (text: string) => [...encode(text)];
  expect([...encodeGap(encode, tokens, { before: 'a', after: 'b', place })]).toEqual([
    ...[4, ...letters('r\n'), 5, ...letters('o\nt\n'), 5, ...letters('p\n')],
    ...[0, ...letters('a'), 2, ...letters('b'), 1],
  ]);
  const plain = findGapTokens(idIn(qwen.slice(0, 4)));
  expect([...encodeGap(encode, plain, { before: 'a', after: 'b', place })]).toEqual([
    ...[0, ...letters('#o\nt\n#p\na'), 2, ...letters('b'), 1],
  ]);
  expect([...markerTokens(plain!)].sort()).toEqual([0, 1, 2, 3]);
});
