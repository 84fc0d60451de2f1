import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunReport } from './run-report.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-report-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stages = async (): Promise<unknown[]> =>
  (await readFile(join(folder, 'events.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { stage: string }).stage);

test('progress can be waited for, before work that lets nothing be written meanwhile', async () => {
  const report = new RunReport(folder);
  report.progress('indexing', 1, 2);
  report.progress('making examples', 0, null);
  await report.written();
  expect(await stages()).toEqual(['indexing', 'making examples']);
});

test('what could not be written is said by the next that waits', async () => {
  const report = new RunReport(join(folder, 'not', 'there'));
  report.progress('indexing', 1, 2);
  await expect(report.written()).rejects.toThrow();
});
