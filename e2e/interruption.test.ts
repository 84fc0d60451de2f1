import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectTwoLines, TestGarden } from './run-gardener.js';

/** Far above what anything here takes, on a machine that does other things as well. */
const PATIENCE_MS = 240_000;
const garden = new TestGarden();

interface Status {
  project: { id: string; name: string };
  training: { status: string; step: number | null; error: unknown };
}
interface Event {
  type: string;
  pid?: number;
  step?: number;
}

let name = '';
let runDirectory = '';

function events(): Event[] {
  const text = readFileSync(join(runDirectory, 'events.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Event);
}

async function waitUntil(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; ) {
    if (await isSo()) return;
    await sleep(500);
  }
  throw new Error(
    `not within ${PATIENCE_MS / 1000} s: ${what}; last events: ${JSON.stringify(events().slice(-5))}`,
  );
}

const status = () => garden.json<Status>(['status', name]);

beforeAll(async () => {
  await garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory'));
});
afterAll(async () => {
  if (name !== '') await garden.run(['remove', name, '--yes']);
  garden.remove();
});

describe('background training', () => {
  it('returns at once and refuses questions before the index exists', async () => {
    const outcome = await garden.run(
      ['add', garden.codebase(['adapter', 'weights']), '--budget', '4m', '--json'],
      {
        CODEBASE_GARDENER_CHECKPOINT_EVERY_MS: '3000',
      },
    );
    expect(outcome.code, outcome.stderr).toBe(0);
    const { project } = JSON.parse(outcome.stdout) as Status;
    name = project.name;
    const runs = join(garden.dataDir, 'projects', project.id, 'training');
    runDirectory = join(runs, readdirSync(runs)[0] ?? '');
    expect(events().some(({ type }) => type === 'run-complete')).toBe(false);
    const early = await garden.run(['ask', 'What is this?']);
    if (early.code !== 0) expectTwoLines(early, /still being indexed|no index/);
  });

  it('refuses a second train while one runs', async () => {
    expectTwoLines(await garden.run(['train', name]), /already/);
  });

  it('goes on from its checkpoint after kill -9 of the worker', async () => {
    await waitUntil('a checkpoint', () => events().some((event) => event.type === 'checkpoint-save'));
    const worker = events().findLast((event) => event.type === 'run-start')?.pid;
    const checkpoint = events().findLast((event) => event.type === 'checkpoint-save')?.step ?? 0;
    expect(worker).toBeDefined();
    process.kill(worker ?? 0, 'SIGKILL');
    let looks = 0;
    await waitUntil('the interruption is seen', async () => {
      looks += 1;
      await status();
      return events().some((event) => event.type === 'run-interrupt');
    });
    // Half a second or more apart: it is told soon, however slow a look is.
    expect(looks).toBeLessThan(12);
    await waitUntil(
      'a second start',
      () => events().filter((event) => event.type === 'run-start').length === 2,
    );
    const before = events().length;
    await waitUntil('the next step', () =>
      events()
        .slice(before)
        .some((event) => event.type === 'step-end'),
    );
    const next =
      events()
        .slice(before)
        .find((event) => event.type === 'step-end')?.step ?? 0;
    expect(next).toBeGreaterThan(checkpoint - 1);
  });

  it('goes on after kill -9 of the runner and the worker together', async () => {
    const runner = JSON.parse(readFileSync(join(garden.dataDir, 'locks', 'runner.json'), 'utf8')) as {
      pid: number;
    };
    const worker = events().findLast((event) => event.type === 'run-start')?.pid ?? 0;
    const starts = events().filter((event) => event.type === 'run-start').length;
    process.kill(runner.pid, 'SIGKILL');
    process.kill(worker, 'SIGKILL');
    await sleep(500);
    const outcome = await garden.run(['status', name]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).not.toBe('');
    await waitUntil(
      'a new start',
      () => events().filter((event) => event.type === 'run-start').length > starts,
    );
  });

  it('pauses, resumes and cancels', async () => {
    await waitUntil('training', async () => (await status()).training.status === 'training');
    await garden.json(['pause', name]);
    await waitUntil('paused', async () => (await status()).training.status === 'paused');
    await garden.json(['resume', name]);
    await waitUntil('training again', async () => (await status()).training.status === 'training');
    const cancelled = await garden.json<Status>(['cancel', name]);
    expect(cancelled.training.status).toBe('cancelled');
    expectTwoLines(await garden.run(['cancel', name]), /Nothing is under way/);
  });
});
