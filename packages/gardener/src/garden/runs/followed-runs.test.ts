import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FollowedRuns } from './followed-runs.js';
import { appendEvent, RunFollower, readRunState } from './runs.js';

let runDir: string;

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'gardener-run-'));
  await writeFile(join(runDir, 'events.jsonl'), '');
});
afterEach(() => rm(runDir, { recursive: true, force: true }));

const start = () => appendEvent(runDir, { type: 'run-start', pid: 1, processStart: 'x' });

it('counts every event once, however many ask at the same time', async () => {
  for (let starts = 1; starts <= 5; starts++) {
    await start();
    const states = await Promise.all(Array.from({ length: 20 }, () => readRunState(runDir)));
    expect(states.map(({ attempts }) => attempts)).toEqual(new Array(20).fill(starts));
  }
});

it('reads only what was added', async () => {
  const from: number[] = [];
  const runs = new FollowedRuns((dir) => {
    const follower = new RunFollower(dir);
    return {
      get nextByte() {
        return follower.nextByte;
      },
      refresh() {
        from.push(follower.nextByte);
        return follower.refresh();
      },
    };
  });
  await start();
  await runs.read(runDir);
  await runs.read(runDir);
  await start();
  expect((await runs.read(runDir)).attempts).toBe(2);
  expect(from[0]).toBe(0);
  expect(from[1]).toBeGreaterThan(0);
  expect(from[2]).toBe(from[1]);
});

it('a state that was given is not changed by what comes after', async () => {
  await start();
  const before = await readRunState(runDir);
  before.attempts = 100;
  await start();
  expect((await readRunState(runDir)).attempts).toBe(2);
});

it('begins again with a file that became shorter, and after an error', async () => {
  await start();
  await start();
  await readRunState(runDir);
  await writeFile(join(runDir, 'events.jsonl'), '');
  expect((await readRunState(runDir)).attempts).toBe(0);
  await start();
  await rm(join(runDir, 'events.jsonl'));
  await expect(readRunState(runDir)).rejects.toMatchObject({ code: 'garden.file-missing' });
  await writeFile(join(runDir, 'events.jsonl'), '');
  await start();
  expect((await readRunState(runDir)).attempts).toBe(1);
});

it('follows more runs than it remembers', async () => {
  const directories = await Promise.all(
    Array.from({ length: 70 }, async (_, i) => {
      const directory = await mkdtemp(join(runDir, `${i}-`));
      await writeFile(join(directory, 'events.jsonl'), '');
      await appendEvent(directory, { type: 'run-start', pid: 1, processStart: 'x' });
      return directory;
    }),
  );
  for (let round = 0; round < 2; round++)
    for (const directory of directories) expect((await readRunState(directory)).attempts).toBe(1);
});
