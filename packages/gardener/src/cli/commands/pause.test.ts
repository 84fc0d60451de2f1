import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from '@codebase-gardener/lora/process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { writeJson } from '../../garden/files/json-state.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { runnerFile } from '../../garden/runner/run-queue.js';
import { appendEvent, createRun, type RunEventInput, readControl } from '../../garden/runs/runs.js';
import { controlRun } from '../../projects/control-run.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let test: TestGarden;
let shop: ProjectRecord;
let run: string;
beforeEach(async () => {
  test = await makeTestGarden();
  await mkdir(join(test.root, 'shop'));
  shop = await test.add('shop', join(test.root, 'shop'));
  const { paths } = test.garden;
  run = paths.run(shop.id, (await createRun(paths, shop.id, 'train')).id);
  // The runner is this process, so that none is started: each test says itself what becomes of the run.
  await writeJson(runnerFile(paths), await identifyProcess(process.pid));
});
afterEach(() => test.remove());

const DONE: RunEventInput = { type: 'run-complete', reason: 'Better.', adapterVersion: 1, promoted: true };

/** What `gardener pause` or `resume` says when the run does this once it is asked. */
async function said(command: 'pause' | 'resume', event: RunEventInput): Promise<string> {
  const told = test.gardener(command, 'shop');
  await vi.waitFor(async () => expect(await readControl(run)).toBe(command), { timeout: 20_000 });
  await appendEvent(run, event);
  return (await told).stdout;
}

it('says Paused only of a run that is', async () => {
  expect(await said('pause', { type: 'run-pause' })).toBe('Paused shop.\nGo on with: gardener resume shop\n');
});

it('says of a run that ended meanwhile that it has', async () => {
  const stdout = await said('pause', DONE);
  expect(stdout).toBe(
    'The work on shop ended before it could pause.\nWhat came of it: gardener status shop\n',
  );
});

it('says that a run goes on', async () => {
  await appendEvent(run, { type: 'run-pause' });
  expect(await said('resume', { type: 'run-resume' })).toBe(
    'shop goes on. How far it is: gardener status shop\n',
  );
});

it('says of a run that ended when it was to go on that it has', async () => {
  await appendEvent(run, { type: 'run-pause' });
  const ended = await said('resume', DONE);
  expect(ended).toBe('The work on shop has ended meanwhile. What came of it: gardener status shop\n');
});

it('tells a run that does it later from one that has done it', async () => {
  const { signal } = new AbortController();
  const ask = (request: 'pause' | 'resume') => controlRun(test.garden.paths, shop, request, signal, 300);
  expect(await ask('pause')).toBe('later');
  await appendEvent(run, { type: 'run-pause' });
  expect(await ask('pause')).toBe('done');
  expect(await ask('resume')).toBe('later');
});
