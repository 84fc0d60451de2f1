import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { saveScorecard } from '../../training/adapters/adapter-store.js';
import { saveEmptyAdapter } from '../../training/adapters/saved-adapter.fixture.js';
import { makeScorecard } from '../../training/evaluation/scorecard.js';
import { sideScoresSchema } from '../../training/evaluation/side-scores.js';
import { CompletionModes } from './completion-modes.js';

let root: string;
let garden: Garden;
let project: ProjectRecord;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-modes-'));
  await mkdir(join(root, 'code'));
  garden = await openGarden({ dataDir: join(root, 'data') });
  project = await garden.registry.add({ path: join(root, 'code'), baseModel: 'smollm2-135m-instruct' });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const side = (loss: number) =>
  sideScoresSchema.parse({
    files: [1, 2, 3].map((i) => ({
      ...{ path: `${i}`, examples: 1, nll: loss * 100 * i, tokens: 100 * i, matchedLines: 1, lines: 4 },
    })),
    ...{ generalLoss: null, stopped: null, parity: null, editSimilarity: null },
    durationMs: { scoring: 0, serving: 0 },
  });

test('without figures code is completed with related code', async () => {
  expect(await new CompletionModes(garden).of(project, {})).toEqual({
    ...{ by: 'base', retrieval: true, reason: null },
  });
});

test('an adapter and the base are each shown what validation files have told to show them', async () => {
  const retrievalChoice = { adapter: false, base: true, reason: 'It does harm.', places: 9, losses: null };
  const facts = { margin: 0.01, adapterVersion: 1, seed: 1, dataHash: '0'.repeat(64), retrievalChoice };
  const card = makeScorecard({ base: side(1.5), adapter: side(1.3) }, null, facts);
  const directory = await saveEmptyAdapter(garden.paths, project, 1, { ...card });
  await saveScorecard(directory, card);
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  // The record that a caller holds may be older than the promotion.
  const modes = new CompletionModes(garden);
  expect(await modes.of(project, {})).toMatchObject({ by: 'adapter', retrieval: false });
  expect(await modes.of(project, { adapter: 'base' })).toMatchObject({ by: 'base', retrieval: true });
  expect(await modes.of(project, { strength: 0 })).toMatchObject({ by: 'base', retrieval: true });
});
