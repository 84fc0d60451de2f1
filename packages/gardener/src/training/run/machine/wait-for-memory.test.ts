import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess } from '@codebase-gardener/lora/process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeJson } from '../../../garden/files/json-state.js';
import { type Garden, openGarden } from '../../../garden/garden.js';
import type { RunEventInput } from '../../../garden/runs/runs.js';
import { waitForMemory } from './wait-for-memory.js';

let root: string;
let garden: Garden;
let told: RunEventInput[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-memory-'));
  garden = await openGarden({ dataDir: join(root, 'data') });
  told = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Waits for the run `mine` while the runs `holders` train, in their order. */
function wait(
  holders: string[],
  freeBytes: () => number,
  signal = new AbortController().signal,
): Promise<void> {
  const run = {
    ...{ garden, signal, directory: { path: 'mine' } },
    report: { event: async (event: RunEventInput) => void told.push(event) },
  } as unknown as Parameters<typeof waitForMemory>[0];
  return hold(holders).then(() => waitForMemory(run, 1_000, { freeBytes, pollMs: 1 }));
}

async function hold(runs: string[]): Promise<void> {
  const self = await identifyProcess();
  const holders = runs.map((runDirectory) => ({ ...self, runDirectory }));
  await writeJson(garden.paths.lockFile('training.json'), { holders });
}

test('begins at once where there is room, and where it trains alone', async () => {
  await wait(['other', 'mine'], () => 1_000);
  await wait(['mine'], () => 10);
  await wait(['mine', 'other'], () => 10);
  expect(told).toEqual([]);
});

test('waits while an earlier training takes the memory, says so once, and goes on', async () => {
  let looks = 0;
  await wait(['other', 'mine'], () => (looks++ < 6 ? 500 : 1_000));
  expect(told).toEqual([
    { type: 'wait', reason: 'Waits for memory: it needs 1000 B, and 500 B are free while others train.' },
    { type: 'go-on' },
  ]);
});

test('goes on when the others have ended', async () => {
  const waiting = wait(['other', 'mine'], () => 500);
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await hold(['mine']);
  await waiting;
  expect(told.at(-1)).toEqual({ type: 'go-on' });
});

test('is ended by its signal', async () => {
  const controller = new AbortController();
  const waiting = wait(['other', 'mine'], () => 500, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});
