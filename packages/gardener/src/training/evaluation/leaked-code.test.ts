import type { SupervisedExample } from '@codebase-gardener/lora';
import { expect, it } from 'vitest';
import { seededRandom } from '../data/random.js';
import { leakedShare } from './leaked-code.js';

const random = seededRandom(1, 'leaked code');
const row = (tokens: readonly number[]): SupervisedExample => ({
  tokens: Int32Array.from(tokens),
  supervised: new Uint8Array(tokens.length).fill(1),
});
const code = (length: number) => Array.from({ length }, () => Math.floor(random() * 50_000));
const heldOut = (rows: readonly number[][]) => [
  { path: 'a.py', examples: rows.map(row), before: rows.map(() => ''), lines: [], gaps: [] },
];

it('is 0 where no held-out code stands in the training data, 1 where all of it does', () => {
  const files = [code(300), code(120)];
  expect(leakedShare({ train: [row(code(4_000))], heldOut: heldOut(files) })).toBe(0);
  const inAnotherWindow = [...code(37), ...files.flat(), ...code(80)];
  expect(leakedShare({ train: [row(inAnotherWindow)], heldOut: heldOut(files) })).toBe(1);
  const [first = []] = files;
  expect(leakedShare({ train: [row(first)], heldOut: heldOut(files) })).toBeCloseTo(251 / (251 + 71));
});

it('what stands in many rows is boilerplate, shorter repetitions are chance', () => {
  const licence = code(60);
  const file = [...licence, ...code(140)];
  const head = Array.from({ length: 30 }, () => row([...licence, ...code(90)]));
  expect(leakedShare({ train: head, heldOut: heldOut([file]) })).toBe(0);
  expect(leakedShare({ train: [row(file.slice(70, 119))], heldOut: heldOut([file]) })).toBe(0);
  expect(leakedShare({ train: [], heldOut: heldOut([code(49)]) })).toBeNull();
});
