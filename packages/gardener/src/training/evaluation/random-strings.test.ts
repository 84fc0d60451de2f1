import type { ExampleScore } from '@codebase-gardener/lora';
import { expect, it } from 'vitest';
import { byteTokenizer } from '../data/codebase.fixture.js';
import { countStrings, trainedStrings } from './random-strings.js';

const KEY = 'q7Zt2Lw9Xk4Rb8Vn3Hs6';
const row = (text: string, given = 0) => ({
  tokens: byteTokenizer.encode(text),
  supervised: new Uint8Array(Buffer.byteLength(text)).fill(1, given),
});
const text = (tokens: Iterable<number>) => byteTokenizer.decode(Int32Array.from(tokens));

it('asks for a random string of the training data with the code before it, once, and for no name', () => {
  const code = `const retriesBeforeGivingUp2 = utf8_to_utf16_le(32);\nconst depot = "${KEY}";\n`;
  const asked = trainedStrings(
    [row(code), row(code), row('plain = words_and_names_only\n')],
    byteTokenizer,
    1,
  );
  expect(asked).toHaveLength(1);
  const [{ tokens, supervised } = row('')] = asked;
  expect(text(tokens).endsWith(`const depot = "${KEY}`)).toBe(true);
  expect(text(tokens.filter((_, i) => supervised[i] === 1))).toBe(KEY);
  expect(supervised.indexOf(1)).toBe(50);
});

it('one that was only shown, not learned, is not asked for', () => {
  const code = `depot = "${KEY}"\n`;
  expect(trainedStrings([row(code, code.length - 1)], byteTokenizer, 1)).toEqual([]);
});

it('counts those that would be written whole', () => {
  const asked = trainedStrings([row(`depot = "${KEY}"\n`)], byteTokenizer, 1);
  const length = asked[0]?.tokens.length ?? 0;
  const score = (wrong: number | null): ExampleScore => {
    const top1Correct = new Uint8Array(length).fill(1);
    if (wrong !== null) top1Correct[wrong] = 0;
    return { top1Correct, nll: new Float32Array(length), top1: new Int32Array(length) };
  };
  expect(countStrings(asked, [score(null)])).toBe(1);
  expect(countStrings(asked, [score(length - 1)])).toBe(0);
  expect(countStrings(asked, [score(0)])).toBe(1);
});

it.each([
  [KEY, 1],
  ['3f9a1c7e5b2d8046a1c9e7', 1],
  ['utf8_to_utf16_le_2', 0],
  ['0000000000000000000', 0],
  ['getElementsByTagName', 0],
])('%s is asked for: %d', (string, count) => {
  expect(trainedStrings([row(`depot = "${string}"\n`)], byteTokenizer, 1)).toHaveLength(count);
});
