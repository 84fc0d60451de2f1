import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sideScoresSchema } from '../../training/evaluation/side-scores.js';
import type { PlaceOutcome } from '../../training/evaluation/two-by-two/place-outcome.js';
import { EvaluationJournal } from './journal.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-journal-'));
  file = join(folder, 'evaluation.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const arm = { exact: true, firstLine: true, similarity: 1, valid: null, ms: 10 };
const place = (id: string): PlaceOutcome => ({
  ...{ id, path: 'a.py', kind: 'line' },
  arms: { baseAlone: arm, baseRetrieved: arm, adapterAlone: arm, adapterRetrieved: arm },
});
const side = (nll: number) =>
  sideScoresSchema.parse({
    files: [{ path: 'a.py', examples: 1, nll, tokens: 9, matchedLines: 0, lines: 1 }],
    ...{ generalLoss: null, stopped: null, parity: null, editSimilarity: null },
    durationMs: { scoring: 1, serving: 1 },
  });

test('what was measured is there when it is opened again, and not measured again', async () => {
  const first = await EvaluationJournal.open(file, 'adapter 1');
  const pair = { base: side(2), adapter: side(1) };
  expect(await first.part('loss', async () => pair)).toEqual(pair);
  await first.keepPlace(place('x'));
  const again = await EvaluationJournal.open(file, 'adapter 1');
  expect(again.places).toEqual([place('x')]);
  const never = () => Promise.reject(new Error('measured again'));
  expect(await again.part('loss', never)).toEqual(pair);
  // Places alone were asked for: what a full evaluation had measured stays for the next one.
  await again.finish({ full: false });
  expect((await EvaluationJournal.open(file, 'adapter 1')).places).toEqual([place('x')]);
  await again.finish({ full: true });
  expect((await EvaluationJournal.open(file, 'adapter 1')).places).toEqual([]);
});

test('one of another adapter is begun anew', async () => {
  await (await EvaluationJournal.open(file, 'adapter 1')).keepPlace(place('x'));
  expect((await EvaluationJournal.open(file, 'adapter 2')).places).toEqual([]);
  expect(await readFile(file, 'utf8')).toBe('{"of":"adapter 2"}\n');
});

test('a line that was cut off is left out, and what is no journal at all is begun anew', async () => {
  const journal = await EvaluationJournal.open(file, 'adapter 1');
  await journal.keepPlace(place('x'));
  await appendFile(file, '{"place":{"id":"y"');
  const again = await EvaluationJournal.open(file, 'adapter 1');
  expect(again.places.map(({ id }) => id)).toEqual(['x']);
  await again.keepPlace(place('z'));
  const third = await EvaluationJournal.open(file, 'adapter 1');
  expect(third.places.map(({ id }) => id)).toEqual(['x', 'z']);
});
