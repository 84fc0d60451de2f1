import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GardenPaths } from '../files/paths.js';
import { openGarden } from '../garden.js';
import { spawnEntry } from '../processes/spawn-entry.js';
import { endsTerminally } from './run-events.js';
import {
  appendEvent,
  createRun,
  findRun,
  latestRun,
  locateRun,
  openRuns,
  type Run,
  RunFollower,
  readControl,
  readRunDescription,
  readRunEvents,
  readRunState,
  reopenRun,
  requestControl,
  runIds,
} from './runs.js';

let folder: string;
let paths: GardenPaths;
let project: string;
let runDir: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'garden-runs-')));
  const garden = await openGarden({ dataDir: join(folder, 'data') });
  paths = garden.paths;
  project = (await garden.registry.add({ path: folder, name: 'app', baseModel: 'base' })).id;
  runDir = paths.run(project, (await createRun(paths, project, 'train', { budgetMs: 1000 })).id);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const complete = { type: 'run-complete', reason: null, adapterVersion: null, promoted: false } as const;

test('a run is described, located and queued', async () => {
  expect(await readRunDescription(runDir)).toMatchObject({
    projectId: project,
    kind: 'train',
    options: { budgetMs: 1000 },
  });
  const { runId, projectId, paths: found } = locateRun(runDir);
  expect(found.run(projectId, runId)).toBe(runDir);
  expect(await latestRun(paths, project)).toMatchObject({ directory: runDir, state: { status: 'queued' } });
  expect((await openRuns(paths)).map((run) => run.directory)).toEqual([runDir]);
});

test('a second one is refused until the first has ended, and is then the latest, also of its kind', async () => {
  await expect(createRun(paths, project, 'index')).rejects.toMatchObject({
    code: 'garden.run-active',
    message: 'Training of app is already queued.',
    remedy: expect.stringContaining('gardener cancel app'),
  });
  await appendEvent(runDir, complete);
  expect(await openRuns(paths)).toEqual([]);
  const index = await createRun(paths, project, 'index');
  expect((await latestRun(paths, project))?.description.id).toBe(index.id);
  expect((await latestRun(paths, project, 'train'))?.directory).toBe(runDir);
  expect(index.id > locateRun(runDir).runId).toBe(true);
});

test('a run is found by its id; what is no id, or no run, is none', async () => {
  const { runId } = locateRun(runDir);
  const another = runId.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
  expect(await findRun(paths, project, runId)).toMatchObject({
    directory: runDir,
    description: { id: runId },
    state: { status: 'queued' },
  });
  for (const id of ['', '..', `../${runId}`, runId.toUpperCase(), another, `${runId}x`]) {
    expect(await findRun(paths, project, id)).toBeNull();
  }
  writeFileSync(paths.run(project, '20200101t000000000z-aaaaaa'), 'a file is no run');
  expect(await runIds(paths, project)).toEqual([runId]);
  writeFileSync(join(runDir, 'run.json'), '{');
  await expect(findRun(paths, project, runId)).rejects.toMatchObject({ code: 'garden.damaged-file' });
});

test('a project that is not there gets no run', async () => {
  await expect(createRun(paths, 'aaaaaaaaaaaa', 'train')).rejects.toMatchObject({
    code: 'garden.unknown-project',
  });
  expect(await latestRun(paths, 'aaaaaaaaaaaa')).toBeNull();
});

test('a damaged run.json hides only its own run', async () => {
  await appendEvent(runDir, complete);
  const second = await createRun(paths, project, 'train');
  writeFileSync(join(paths.run(project, second.id), 'run.json'), '{"id":');
  expect((await latestRun(paths, project))?.directory).toBe(runDir);
  expect(await openRuns(paths)).toEqual([]);
  await createRun(paths, project, 'train');
});

test('hostile and torn lines are passed over; the line after a torn one counts', async () => {
  const file = join(runDir, 'events.jsonl');
  appendFileSync(
    file,
    [
      'not json',
      '{"type":"run-complete"}',
      '{"type":"step-end","time":"t","step":-1}',
      '{"type":"run-fail","time":"t","error":"a string"}',
      '{"type":"made-up","time":"t"}',
      '[]',
      'null',
      '"run-cancel"',
      '\u0000\u0000',
      '{"__proto__":{"finished":true},"type":"log","time":"t","message":"kept"}',
      '{"type":"run-cancel","time":"2026-',
    ].join('\n'),
  );
  expect((await readRunState(runDir)).status).toBe('queued');
  await appendEvent(runDir, { type: 'stage-start', stage: 'evaluating' });
  const { events } = await readRunEvents(runDir);
  expect(events.map((event) => event.type)).toEqual(['run-queue', 'log', 'stage-start']);
  expect(await readRunState(runDir)).toMatchObject({ status: 'evaluating', finished: false });
});

test('a last line without its end is left for the next read', async () => {
  const { nextByte } = await readRunEvents(runDir);
  const line = '{"type":"log","time":"t","message":"é"}\n';
  const bytes = Buffer.from(line);
  appendFileSync(join(runDir, 'events.jsonl'), bytes.subarray(0, 36));
  expect(await readRunEvents(runDir, nextByte)).toEqual({ events: [], nextByte });
  appendFileSync(join(runDir, 'events.jsonl'), bytes.subarray(36));
  const read = await readRunEvents(runDir, nextByte);
  expect(read.events).toMatchObject([{ message: 'é' }]);
  expect(read.nextByte).toBe(nextByte + bytes.length);
});

test('a line longer than the read window is passed over, not kept in memory', async () => {
  appendFileSync(join(runDir, 'events.jsonl'), `${'x'.repeat(20 * 1024 * 1024)}\n`);
  await appendEvent(runDir, { type: 'run-cancel' });
  expect(await readRunState(runDir)).toMatchObject({ status: 'cancelled', finished: true });
  expect(await endsTerminally(runDir)).toBe(true);
});

test('three processes that append at once lose and tear nothing', async () => {
  const fixture = new URL('../command.fixture.js', import.meta.url);
  const children = ['a', 'b', 'c'].map((name) => spawnEntry(fixture, ['append', runDir, name]));
  await Promise.all(children.map((child) => once(child, 'exit')));
  const { events } = await readRunEvents(runDir);
  const messages = events.map((event) => (event.type === 'log' ? event.message.split('.')[0]?.trim() : ''));
  for (const name of ['a', 'b', 'c']) {
    const own = messages.filter((message) => message?.startsWith(`${name} `));
    expect(own).toEqual(Array.from({ length: 50 }, (_, n) => `${name} ${n}`));
  }
});

test('a follower reads only what is new', async () => {
  const follower = new RunFollower(runDir);
  const seen: string[] = [];
  await follower.refresh((event) => seen.push(event.type));
  await appendEvent(runDir, complete);
  expect(await follower.refresh((event) => seen.push(event.type))).toMatchObject({ finished: true });
  await follower.refresh((event) => seen.push(event.type));
  expect(seen).toEqual(['run-queue', 'run-complete']);
});

test('requests: the last counts, a cancel is final, a damaged file is none', async () => {
  expect(await readControl(runDir)).toBeNull();
  await requestControl(runDir, 'pause');
  await requestControl(runDir, 'resume');
  expect(await readControl(runDir)).toBe('resume');
  await requestControl(runDir, 'cancel');
  await requestControl(runDir, 'resume');
  expect(await readControl(runDir)).toBe('cancel');
  writeFileSync(join(runDir, 'control.json'), '{');
  expect(await readControl(runDir)).toBeNull();
});

test('a failed run is taken up again while it is the newest; it is then open, and ends once more', async () => {
  const failure = { code: 'models.runtime-died', message: 'It died.', remedy: 'Again.' };
  const reopen = async () => reopenRun(paths, (await latestRun(paths, project)) as Run);
  expect(await reopen()).toBe(false);
  await requestControl(runDir, 'pause');
  await appendEvent(runDir, { type: 'run-fail', error: failure });
  expect(await openRuns(paths)).toEqual([]);
  expect(await reopen()).toBe(true);
  expect(await readControl(runDir)).toBeNull();
  expect((await openRuns(paths)).map((run) => run.directory)).toEqual([runDir]);
  expect(await endsTerminally(runDir)).toBe(false);
  await appendEvent(runDir, complete);
  expect(await endsTerminally(runDir)).toBe(true);
  expect(await reopen()).toBe(false);
});
