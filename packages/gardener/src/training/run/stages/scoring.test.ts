import { expect, test } from 'vitest';
import { testBase, testFile } from '../../data/codebase.fixture.js';
import { countTokens } from '../../data/count-tokens.js';
import { makeExamples } from '../../data/examples.js';
import type { SideScores } from '../../evaluation/side-scores.js';
import { msPerToken } from './scoring.js';

const files = Array.from({ length: 40 }, (_, i) => testFile(`src/file${i}.py`));
const { heldOut } = makeExamples(files, testBase, { seed: 3, sequenceLength: 512 });

/** Scores of the first row of every file, and of its first gap, in so many milliseconds. */
function scores(scoring: number): SideScores {
  const scored = heldOut.map(({ path }) => ({ path, examples: 1, gaps: 1, nll: 1, tokens: 5, bytes: 5 }));
  const side = { files: scored, durationMs: { scoring, serving: 0 } };
  return side as unknown as SideScores;
}

test('what a token takes is told by the rows that were scored, with what is given in them', () => {
  const rows = heldOut.flatMap(({ examples, gaps }) => [
    ...examples.slice(0, 1),
    ...gaps.slice(0, 1).map(({ example }) => example),
  ]);
  expect(rows.length).toBeGreaterThan(heldOut.length);
  expect(msPerToken({ heldOut }, scores(3 * countTokens(rows)))).toBeCloseTo(3);
  const nothing = { ...scores(100), files: [] };
  expect(msPerToken({ heldOut }, nothing)).toBe(100);
});
