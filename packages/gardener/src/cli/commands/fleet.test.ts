import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendEvent, createRun } from '../../garden/runs/runs.js';
import type { FleetOutcome } from '../../projects/fleet/add-fleet.js';
import type { FleetStatus } from '../../projects/fleet/fleet-status.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let test: TestGarden;
beforeEach(async () => {
  test = await makeTestGarden();
});
afterEach(() => test.remove());

async function code(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(test.root, name), { recursive: true });
    await writeFile(join(test.root, name, 'main.py'), 'def main():\n    return 1\n');
  }
}

async function list(...lines: string[]): Promise<string> {
  const file = join(test.root, 'list.txt');
  await writeFile(file, lines.join('\n'));
  return file;
}

const FAILURE = {
  code: 'train.diverged',
  message: 'The loss is no number.',
  remedy: 'Lower the learning rate.',
};

describe('bad input', () => {
  it.each<[string[], string, number]>([
    [['add'], 'cli.missing-argument', 2],
    [['add', 'nowhere'], 'garden.fleet-missing', 1],
    [['train', '--parallel', '0'], 'cli.bad-number', 2],
    [['train', '--parallel', 'many'], 'cli.bad-number', 2],
    [['train', '--budget', 'soon'], 'cli.bad-duration', 2],
    [['train', '--engine', 'abacus'], 'cli.invalid-argument', 2],
    [['refresh', '--budget', '1s'], 'cli.bad-duration', 2],
    [['train'], 'garden.no-fleet', 1],
    [['refresh'], 'garden.no-fleet', 1],
    [['cancel'], 'garden.no-fleet', 1],
    [['fly'], 'cli.unknown-command', 2],
  ])('gardener fleet %j ends with %s', async (words, told, exitCode) => {
    expect(await test.failure('fleet', ...words)).toMatchObject({ exitCode, code: told });
  });

  it('an empty list is refused, and one of which nothing can be added', async () => {
    expect(await test.failure('fleet', 'add', await list(''))).toMatchObject({ code: 'garden.fleet-empty' });
    const { code: exit, stdout, stderr } = await test.gardener('fleet', 'add', await list('gone', 'away'));
    expect(exit).toBe(1);
    expect(stdout).toContain('0 added, 0 known, 2 refused.');
    expect(stderr).toContain('error: None of 2 codebases could be added.\n');
  });

  it('a project that is none is refused before anything is queued', async () => {
    await code('shop');
    await test.add('shop', join(test.root, 'shop'));
    expect(await test.failure('fleet', 'train', 'shop', 'nobody')).toMatchObject({
      code: 'garden.unknown-project',
    });
    expect((await test.json('fleet', 'status')) as FleetStatus).toMatchObject({ projects: [{ run: null }] });
  });
});

describe('a list', () => {
  it('that is known already is told, and adds nothing', async () => {
    await code('shop', 'api');
    await test.add('shop', join(test.root, 'shop'));
    await test.add('gateway', join(test.root, 'api'));
    const outcomes = (await test.json('fleet', 'add', await list('shop', 'api', 'gone'))) as FleetOutcome[];
    expect(outcomes.map(({ name, state }) => [name, state])).toEqual([
      ['shop', 'known'],
      ['gateway', 'known'],
      [null, 'refused'],
    ]);
    const told = await test.gardener('fleet', 'add', await list('shop', 'gone'));
    expect([told.code, told.stderr.includes('error')]).toEqual([0, false]);
    expect(told.stdout).toMatch(/^known {4}shop {2}/m);
    expect(told.stdout).toMatch(/^refused {8}.*There is nothing at/m);
  });
});

describe('the table', () => {
  it('says what to do where there is nothing', async () => {
    const { code: exit, stdout } = await test.gardener('fleet', 'status');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^No project yet\.\nAdd codebases: gardener fleet add /);
    expect(await test.json('fleet', 'status')).toMatchObject({ projects: [], totals: { projects: 0 } });
  });

  it('has a line a project, failures with every reason, and a line for all', async () => {
    await code('shop', 'api');
    const { paths } = test.garden;
    for (const name of ['shop', 'api']) {
      const { id } = await test.add(name, join(test.root, name));
      const run = await createRun(paths, id, 'train', {});
      const directory = paths.run(id, run.id);
      if (name === 'api') {
        await appendEvent(directory, { type: 'run-fail', error: FAILURE });
        await appendEvent(directory, { type: 'run-resume' });
        await appendEvent(directory, {
          type: 'run-fail',
          error: { ...FAILURE, message: 'Memory is short.' },
        });
      } else await appendEvent(directory, { type: 'run-not-started', reason: 'Too little code.' });
    }
    const { stdout } = await test.gardener('fleet', 'status');
    expect(stdout).toMatch(/^project +files +index +run +adapter +verdict +bits per byte$/m);
    expect(stdout).toMatch(/^api +– +none +failed 2 tries +– +– +–$/m);
    expect(stdout).toContain('✗ api  try 1: The loss is no number.\n✗ api  try 2: Memory is short.\n');
    expect(stdout).toMatch(/\n2 projects · 0 indexed \(0 files, 0 chunks\) · 1 failed · 0 promoted\n$/);
  });

  it('writes no control characters of a name or a reason', async () => {
    await code('shop');
    const { id } = await test.add('shop', join(test.root, 'shop'));
    const run = await createRun(test.garden.paths, id, 'train', {});
    const message = 'bad \u001b[2J\nnews';
    await appendEvent(test.garden.paths.run(id, run.id), {
      type: 'run-fail',
      error: { ...FAILURE, message },
    });
    const { stdout } = await test.gardener('fleet', 'status');
    expect(stdout).toContain('bad news');
    expect(stdout).not.toContain('\u001b');
  });
});

it('trains nothing where nothing needs it, and says how to train all', async () => {
  await code('shop');
  const { id } = await test.add('shop', join(test.root, 'shop'));
  const run = await createRun(test.garden.paths, id, 'train', {});
  await appendEvent(test.garden.paths.run(id, run.id), {
    type: 'run-not-started',
    reason: 'Too little code.',
  });
  expect((await test.gardener('fleet', 'train')).stdout).toContain('Train all again: --all');
  expect((await test.gardener('fleet', 'cancel')).stdout).toBe('Nothing is under way.\n');
});
