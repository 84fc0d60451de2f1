import { expect, it } from 'vitest';
import type { ComparedBase, Comparison } from '../../training/evaluation/compare/comparison.js';
import { createPalette } from '../terminal/palette.js';
import { visibleWidth } from '../terminal/plain-text.js';
import { renderComparison } from './comparison-view.js';

const figures: NonNullable<ComparedBase['figures']> = {
  bitsPerByte: 0.5017,
  nextLineExact: 0.318,
  gapsExact: 0.25,
  adapter: { version: 12, bitsPerByte: 0.4409, nextLineExact: 0.3721, gapsExact: null },
  scoringTokensPerSecond: 400.4,
  answeringTokensPerSecond: 31.7,
  trainingTokensPerSecond: 1_212.4,
  trainingSpeedFrom: 'scoring',
  trainingMemoryBytes: 3.9e9,
  answeringMemoryBytes: 1.2e9,
  passMs: 47_000 * 60 + 23_000,
};
const comparison: Comparison = {
  schemaVersion: 1,
  madeAt: '2026-11-29T08:00:00.000Z',
  heldOutFrom: 'training',
  files: 12,
  texts: 30,
  bytes: 33_000,
  lines: 640,
  gaps: 24,
  trainingBytes: 900_000,
  bases: [
    { id: `/models/${'a-very-long-name-'.repeat(5)}.gguf`, bytes: 5e8, figures, problem: null },
    {
      id: 'smollm2-135m-instruct',
      bytes: 1e8,
      figures: { ...figures, adapter: null, answeringTokensPerSecond: null, trainingSpeedFrom: 'steps' },
      problem: null,
    },
    { id: 'odd', bytes: 1, figures: null, problem: 'Its architecture is not known.' },
  ],
};

it('fits 100 columns, with a line for each base, for its adapter, and for what was wrong', () => {
  const lines = renderComparison(comparison, createPalette(false));
  for (const line of lines.slice(0, 7)) expect(visibleWidth(line)).toBeLessThanOrEqual(100);
  expect(lines[2]).toMatch(
    /^a-very-long-name.*…\s+0\.502\s+31\.8 %\s+25\.0 %\s+32\s+~1,212\s+3\.6 GiB\s+47m 23s$/,
  );
  expect(lines[3]).toMatch(/^ {2}with adapter 12\s+0\.441\s+37\.2 %$/);
  expect(lines[5]).toMatch(/^odd\s+failed$/);
  const notes = lines.slice(7).join('\n');
  expect(notes).toMatch(/12 files, 640 lines, 24 gaps: files that the last training held out/);
  expect(notes).toMatch(/~ estimated from how fast it scores/);
  expect(notes).toMatch(/odd: Its architecture is not known\./);
});

it('says nothing of texts and estimates where there are none', () => {
  const lines = renderComparison(
    { ...comparison, texts: 0, bases: comparison.bases.slice(2) },
    createPalette(false),
  );
  expect(lines.at(-1)).toBe('odd: Its architecture is not known.');
  expect(lines.join('\n')).not.toMatch(/estimated|held out/);
});
