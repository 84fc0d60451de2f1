import { expect, it } from 'vitest';
import { testFile } from '../../data/codebase.fixture.js';
import { bytesToTrainOn, comparedTexts } from './compared-texts.js';

const side = (path: string, functions: number) => ({
  file: testFile(path, { functions }),
  excludedLines: [],
});

it('texts are whole lines, hold a file in order, and take the files in turn', () => {
  const sides = [side('a.py', 12), side('b.py', 12)];
  const texts = comparedTexts(sides, 1);
  expect(texts.slice(0, 4).map(({ path }) => path)).toEqual(['a.py', 'b.py', 'a.py', 'b.py']);
  for (const { path, header, code } of texts) {
    expect(header).toBe(`# ${path}\n`);
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(1_200);
    const { text = '' } = sides.find(({ file }) => file.path === path)?.file ?? {};
    expect(text).toContain(code);
  }
  expect(comparedTexts(sides, 1)).toEqual(texts);
  expect(comparedTexts(sides, 2)).not.toEqual(texts);
});

it('excluded lines and lines that are data are in no text, and nobody trains on them', () => {
  const { file } = side('a.py', 2);
  const all = comparedTexts([{ file, excludedLines: [] }], 1);
  const lines = file.text.split('\n').length;
  const none = { file, excludedLines: [{ startLine: 1, endLine: lines }] };
  expect(all.length).toBeGreaterThan(0);
  expect(comparedTexts([none], 1)).toEqual([]);
  expect(bytesToTrainOn([none])).toBe(0);
  expect(bytesToTrainOn([{ file, excludedLines: [] }])).toBeGreaterThan(500);
  const long = { file: { ...file, text: `x = "${'y'.repeat(700)}"\n` }, excludedLines: [] };
  expect(comparedTexts([long], 1)).toEqual([]);
});
