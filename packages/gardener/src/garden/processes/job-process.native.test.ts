import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GardenerError } from '../errors/garden-error.js';
import type { FixtureProtocol } from './job-child.fixture.js';
import { JobProcess, type JobProcessOptions, type ProcessEnd } from './job-process.js';
import { KeptProcess } from './kept-process.js';
import { entryCommand } from './spawn-entry.js';

function died({ reason, ...details }: ProcessEnd): GardenerError {
  return new GardenerError('fixture.died', reason, { remedy: 'Again.', details });
}

function start(
  setup: Partial<FixtureProtocol['setup']> = {},
  options: Partial<JobProcessOptions<FixtureProtocol>> = {},
): Promise<JobProcess<FixtureProtocol>> {
  return JobProcess.start<FixtureProtocol>({
    entry: new URL('./job-child.fixture.js', import.meta.url),
    setup: { failing: 'no', word: 'hello', ...setup },
    died,
    ...options,
  });
}

describe('starting', () => {
  it('waits until the child is ready; environment and arguments for Node arrive', async () => {
    const child = await start(
      {},
      { env: { ...process.env, FIXTURE_FLAVOUR: 'mint' }, execArgv: ['--max-semi-space-size=2'] },
    );
    expect(child.ready).toMatchObject({ word: 'hello', flavour: 'mint' });
    expect(child.ready.nodeArguments).toContain('--max-semi-space-size=2');
    await child.end();
    expect(child.pid).toBeNull();
    await expect(child.run('cancelled', null)).rejects.toMatchObject({ message: 'it was ended' });
  });

  it('throws what the start in the child throws', async () => {
    await expect(start({ failing: 'known' })).rejects.toMatchObject({
      code: 'fixture.unusable',
      remedy: 'Say yes.',
    });
    await expect(start({ failing: 'unknown' })).rejects.toMatchObject({
      name: 'TypeError',
      message: 'no idea',
    });
  });

  it('gives up on a child that is never ready, and on an entry that does not exist', async () => {
    await expect(start({ failing: 'never-ready' }, { startTimeoutMs: 1_500 })).rejects.toMatchObject({
      message: 'it was not ready after 1.5 s',
      details: { signal: null },
    });
    const entry = new URL('./none.js', import.meta.url);
    await expect(start({}, { entry })).rejects.toMatchObject({
      message: 'exit code 1',
      details: { exitCode: 1, stderr: expect.stringContaining('Cannot find module') },
    });
  });
});

describe('jobs', () => {
  let child: JobProcess<FixtureProtocol>;
  beforeAll(async () => {
    child = await start();
  });
  afterAll(() => child.end());

  it('are done side by side, in typed arrays, with progress, whatever stands on stdout', async () => {
    const counted: number[] = [];
    const count = child.run(
      'count',
      { to: 3, everyMs: 40 },
      { onProgress: (number) => counted.push(number) },
    );
    expect(await child.run('double', Float32Array.of(1, 2.5))).toEqual(Float32Array.of(2, 5));
    expect(counted.length).toBeLessThan(3);
    expect(await count).toBe(3);
    expect(counted).toEqual([1, 2, 3]);
  });

  it('are done one at a time where the child wants it, also after one that failed', async () => {
    const [slow, bad, quick] = await Promise.allSettled(
      (['slow', 'bad', 'quick'] as const).map((name) => child.run('inTurn', name)),
    );
    expect(slow).toMatchObject({ value: ['slow'] });
    expect(bad).toMatchObject({ reason: { message: 'bad' } });
    expect(quick).toMatchObject({ value: ['slow', 'quick'] });
  });

  it('are cancelled in the child, and the caller does not wait for it', async () => {
    const abort = new AbortController();
    const counted: number[] = [];
    const count = child.run(
      'count',
      { to: 1_000, everyMs: 10 },
      {
        signal: abort.signal,
        onProgress: (number) => {
          counted.push(number);
          if (number === 2) abort.abort(new Error('enough'));
        },
      },
    );
    await expect(count).rejects.toThrow('enough');
    expect(counted).toEqual([1, 2]);
    expect(await child.run('cancelled', null)).toBe(1);
    await expect(
      child.run('cancelled', null, { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
  });

  it.each([
    ['gardener', { code: 'fixture.failed' }],
    ['lora', { code: 'weights.failed' }],
  ] as const)('bring a %s error over whole', async (kind, expected) => {
    const error = await child.run('fail', kind).catch((thrown: unknown) => thrown);
    expect(GardenerError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      ...expected,
      message: 'It failed.',
      remedy: 'Do this.',
      details: { a: [1] },
      retryable: true,
    });
  });

  it('bring any other error over in its words, and what cannot be sent is an error too', async () => {
    const plain = await child.run('fail', 'plain').catch((thrown: unknown) => thrown);
    expect(plain).toMatchObject({ name: 'RangeError', message: 'out of range' });
    expect((plain as Error).stack).toContain('job-child.fixture');
    await expect(child.run('fail', 'word')).rejects.toMatchObject({ message: 'just a word' });
    await expect(child.run('unsendable', null)).rejects.toThrow(/could not be cloned/);
  });
});

it.each([
  [0, false],
  [5_000, true],
])('a cancelled job has %i ms to come to an end before its process is ended', async (graceMs, isTidy) => {
  const folder = await mkdtemp(join(tmpdir(), 'job-process-'));
  const file = join(folder, 'tidy');
  const child = await start();
  const abort = new AbortController();
  const onProgress = () => abort.abort(new Error('enough'));
  const job = child.run('tidyUp', file, { signal: abort.signal, onProgress });
  await expect(job).rejects.toThrow('enough');
  await child.end(graceMs);
  expect(existsSync(file)).toBe(isTidy);
  await rm(folder, { recursive: true });
});

describe('a child that dies', () => {
  it('killed in the middle: each job in progress fails, and the end is told', async () => {
    const child = await start();
    const jobs = [1, 2].map(() => child.run('count', { to: 1_000, everyMs: 10 }));
    process.kill(child.pid ?? Number.NaN, 'SIGKILL');
    for (const result of await Promise.allSettled(jobs)) {
      expect(result).toMatchObject({ reason: { message: 'signal SIGKILL', details: { signal: 'SIGKILL' } } });
    }
    expect(child.hasEnded).toBe(true);
  });

  it('by itself: its exit code and the last of its stderr are in the error', async () => {
    const child = await start();
    const words = `${'x'.repeat(10_000)} out of luck`;
    const error = await child.run('die', { words, exitCode: 3 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'exit code 3', details: { exitCode: 3 } });
    const { stderr } = (error as GardenerError).details;
    expect(stderr).toMatch(/out of luck$/);
    expect(String(stderr).length).toBeLessThan(5_000);
  });

  it('that hangs is ended at its time limit', async () => {
    const child = await start();
    const other = child.run('count', { to: 1_000, everyMs: 10 });
    const timeLimit = { ms: 100, error: () => new Error('too slow') };
    const [late, beside] = await Promise.allSettled([child.run('hang', null, { timeLimit }), other]);
    expect(late).toMatchObject({ reason: { message: 'too slow' } });
    expect(beside).toMatchObject({ reason: { message: 'a job took too long' } });
  });
});

it('an idle child keeps its parent from nothing, and goes when the parent goes', {
  timeout: 20_000,
}, async () => {
  const { command, args } = entryCommand(new URL('./idle-parent.fixture.js', import.meta.url), []);
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8', timeout: 15_000 });
  expect(status).toBe(0);
  const child = await identifyProcess(Number(stdout));
  while (await isProcessAlive(child)) await delay(20);
});

describe('a kept process', () => {
  const closed = () => new Error('closed');

  it('is started when first needed, shared, and anew after its end', async () => {
    const kept = new KeptProcess<FixtureProtocol>(() => start());
    expect(kept.living).toBeNull();
    const [one, same] = await Promise.all([kept.start(), kept.start()]);
    expect(same).toBe(one);
    process.kill(one.pid ?? Number.NaN, 'SIGKILL');
    await expect(one.run('count', { to: 1_000, everyMs: 10 })).rejects.toMatchObject({
      code: 'fixture.died',
    });
    expect(await kept.run((child) => child.run('cancelled', null))).toBe(0);
    await kept.close(closed);
    await expect(kept.start()).rejects.toThrow('closed');
  });

  it('begins work again, twice, and only when the process has ended by itself', async () => {
    const kept = new KeptProcess<FixtureProtocol>(() => start());
    let begun = 0;
    const attempts = async (
      work: (child: JobProcess<FixtureProtocol>) => Promise<unknown>,
      code: unknown,
    ) => {
      begun = 0;
      const run = kept.run((child) => {
        begun += 1;
        return work(child);
      });
      await expect(run).rejects.toMatchObject(code as object);
      return begun;
    };
    const died = { code: 'fixture.died' };
    expect(await attempts((child) => child.run('die', { words: '', exitCode: 1 }), died)).toBe(3);
    expect(await attempts((child) => child.run('fail', 'plain'), { message: 'out of range' })).toBe(1);
    const late = { timeLimit: { ms: 50, error: () => new Error('late') } };
    expect(await attempts((child) => child.run('hang', null, late), { message: 'late' })).toBe(1);
    expect(
      await attempts(async (child) => {
        void child.end();
        return child.run('cancelled', null);
      }, died),
    ).toBe(1);
    await kept.close(closed);
  });

  it('lives on after a kill in the middle: the caller sees nothing of it', async () => {
    const kept = new KeptProcess<FixtureProtocol>(() => start());
    let kills = 2;
    const counted = await kept.run((child) => {
      if (kills-- > 0) process.kill(child.pid ?? Number.NaN, 'SIGKILL');
      return child.run('count', { to: 3, everyMs: 1 });
    });
    expect(counted).toBe(3);
    await kept.close(closed);
  });

  it('that dies while this process is told to stop as well is not started again', async () => {
    const kept = new KeptProcess<FixtureProtocol>(() => start());
    const stop = new AbortController();
    let begun = 0;
    const run = kept.run(
      (child) => {
        begun += 1;
        process.kill(child.pid ?? Number.NaN, 'SIGTERM');
        return child.run('hang', null).finally(() => stop.abort(new Error('told to stop')));
      },
      { signal: stop.signal },
    );
    await expect(run).rejects.toThrow('told to stop');
    expect(begun).toBe(1);
    await kept.close(closed);
  });
});
