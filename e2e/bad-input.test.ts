import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findModel } from '../packages/gardener/src/models/store/find-model.js';
import { startHubServer } from '../packages/gardener/src/models/store/hub-server.fixture.js';
import { canMakeDisks, canTryPermissions, expectTwoLines, TestGarden } from './run-gardener.js';

const garden = new TestGarden();
const place = (name: string) => join(garden.directory, name);
const triesPermissions = canTryPermissions();

interface Status {
  project: { id: string; name: string };
  index: {
    files: { seen: number; indexed: number; skipped: Record<string, number>; failed: Record<string, number> };
  };
}

beforeAll(async () => {
  await garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory'));
});
afterAll(() => garden.remove());

/** A small codebase that can be indexed in a second or two. */
function smallCodebase(name: string): string {
  const path = place(name);
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, 'greet.py'),
    'def greet(name):\n    """Say hello to somebody by name."""\n    return f"hello {name}"\n',
  );
  writeFileSync(
    join(path, 'sum.ts'),
    'export function sum(a: number, b: number): number {\n  return a + b;\n}\n',
  );
  return path;
}

describe('a path that cannot be added', () => {
  it('is not there', async () => {
    expectTwoLines(await garden.run(['add', place('nowhere')]), /nothing at|not exist/);
  });

  it('is a file', async () => {
    writeFileSync(place('file.py'), 'x = 1\n');
    expectTwoLines(await garden.run(['add', place('file.py')]), /not a directory/);
  });

  it.runIf(triesPermissions)('is unreadable', async () => {
    const own = new TestGarden();
    const locked = join(own.directory, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o000);
    expectTwoLines(await own.runUnprivileged(['add', locked]), /cannot be read/);
    chmodSync(locked, 0o700);
    own.remove();
  });

  it('is empty', async () => {
    mkdirSync(place('empty'));
    expectTwoLines(await garden.run(['add', place('empty')]), /empty|no file/i);
  });

  it('holds no file of a known language', async () => {
    mkdirSync(place('prose'));
    writeFileSync(join(place('prose'), 'letter.doc'), 'Dear Sir or Madam\n');
    expectTwoLines(await garden.run(['add', place('prose')]), /language/);
  });

  it('is asked for with a base model that nobody knows', async () => {
    expectTwoLines(
      await garden.run(['add', smallCodebase('base'), '--base', 'gpt-17']),
      /no model called "gpt-17"/,
    );
  });

  it('is asked for with a truncated GGUF', async () => {
    const file = place('cut.gguf');
    writeFileSync(file, readFileSync(inject('baseModelFile')).subarray(0, 4_000_000));
    const outcome = await garden.run(['add', smallCodebase('cut'), '--base', file, '--wait']);
    expectTwoLines(outcome, /ends after|damaged|truncated|too short/i);
  });

  it('leaves no project behind', async () => {
    const names = (await garden.json<Status[]>(['list'])).map(({ project }) => project.name);
    expect(names).not.toEqual(expect.arrayContaining(['empty']));
    expect(names).not.toEqual(expect.arrayContaining(['prose']));
    expect(names).not.toEqual(expect.arrayContaining(['base']));
  });
});

describe('two of the same', () => {
  it('refuses a codebase twice and offers refresh; refuses a name twice', async () => {
    const path = smallCodebase('twin');
    await garden.json(['add', path, '--no-train', '--wait']);
    const again = await garden.run(['add', path]);
    expectTwoLines(again, /already a project/);
    expect(again.stderr).toContain('gardener refresh');
    expectTwoLines(await garden.run(['add', smallCodebase('other/twin')]), /already called/);
    await garden.json(['add', place('other/twin'), '--name', 'twin-2', '--no-train', '--wait']);
  });

  it('lets two commands at one instant both come to a good end', async () => {
    const outcomes = await Promise.all([
      garden.run(['add', smallCodebase('left'), '--no-train', '--json']),
      garden.run(['add', smallCodebase('right'), '--no-train', '--json']),
      garden.run(['list', '--json']),
    ]);
    for (const outcome of outcomes) expect(outcome.code, outcome.stderr).toBe(0);
    const names = (await garden.json<Status[]>(['list'])).map(({ project }) => project.name);
    expect(names).toEqual(expect.arrayContaining(['left', 'right']));
  });
});

describe('a folder that goes away', () => {
  it('is told by status and list, search goes on, refresh says what to do, and all is well when it is back', async () => {
    const path = smallCodebase('wanderer');
    await garden.json(['add', path, '--no-train', '--wait']);
    renameSync(path, place('elsewhere'));
    const { stdout: status } = await garden.run(['status', 'wanderer']);
    expect(status).toMatch(/^ +folder +not there/m);
    expect(status).toContain('gardener remove wanderer');
    expect((await garden.run(['list'])).stdout).toMatch(/wanderer \(not there\)/);
    const found = await garden.json<{ results: { path: string }[] }>([
      'search',
      '--project',
      'wanderer',
      'greet',
    ]);
    expect(JSON.stringify(found)).toContain('greet.py');
    expectTwoLines(await garden.run(['refresh', 'wanderer', '--no-train', '--wait']), /wanderer/);
    renameSync(place('elsewhere'), path);
    expect((await garden.run(['status', 'wanderer'])).stdout).not.toContain('not there');
    expect(
      (await garden.json<Status>(['refresh', 'wanderer', '--no-train', '--wait'])).index.files.indexed,
    ).toBe(2);
  });
});

describe('files that are hard to read', () => {
  it('counts invalid UTF-8, a huge file and a symlink loop, and indexes the rest', async () => {
    const path = smallCodebase('hard');
    writeFileSync(
      join(path, 'latin.py'),
      Buffer.from([0x78, 0x20, 0x3d, 0x20, 0x22, 0xff, 0xfe, 0x22, 0x0a]),
    );
    writeFileSync(join(path, 'huge.py'), '');
    truncateSync(join(path, 'huge.py'), 200 * 2 ** 20);
    symlinkSync(path, join(path, 'loop'), 'dir');
    const { index } = await garden.json<Status>(['add', path, '--no-train', '--wait']);
    expect(index.files.indexed).toBeGreaterThanOrEqual(2);
    const counted = (counts: Record<string, number>) => Object.values(counts).reduce((sum, n) => sum + n, 0);
    expect(index.files.seen).toBe(
      index.files.indexed + counted(index.files.skipped) + counted(index.files.failed),
    );
    expect(counted(index.files.skipped)).toBeGreaterThanOrEqual(1);
    const { stdout: files } = await garden.run(['status', 'hard', '--files']);
    expect(files).toMatch(/^skipped +huge\.py +too-large$/m);
    expect(files).toMatch(/^indexed +greet\.py$/m);
    expect(files.trimEnd().split('\n')).toHaveLength(index.files.seen);
  });

  it('tells where secrets stand, and never what they are', async () => {
    const path = smallCodebase('secretive');
    const key = `AKIA${'QWERTYUIOPASDFGH'}`;
    writeFileSync(join(path, 'cloud.py'), `REGION = "eu"\nKEY = "${key}"\n`);
    writeFileSync(join(path, '.env'), `TOKEN=${key}\n`);
    await garden.json(['add', path, '--no-train', '--wait']);
    const { stdout } = await garden.run(['status', 'secretive', '--secrets']);
    expect(stdout).toMatch(/^masked +[0-9a-f]{12} +cloud\.py:2 +aws-access-token$/m);
    expect(stdout).toMatch(/^left out +\.env /m);
    expect(stdout).toMatch(/^2 places: neither indexed, nor trained on, nor shown by a search\.$/m);
    const machine = await garden.run(['status', 'secretive', '--secrets', '--json']);
    expect(JSON.parse(machine.stdout)).toContainEqual({
      ...{ path: 'cloud.py', line: 2, rule: 'aws-access-token', outcome: 'masked' },
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    for (const text of [stdout, machine.stdout]) expect(text).not.toContain('QWERTY');
  });
});

describe('state that is damaged', () => {
  it('refuses a broken settings.json, sets it aside, and works the next time', async () => {
    const file = join(garden.dataDir, 'settings.json');
    writeFileSync(file, '{"rank": 16');
    expectTwoLines(await garden.run(['list']), /settings\.json is damaged/);
    expect(existsSync(file)).toBe(false);
    await garden.json(['list']);
  });

  it('names a setting that cannot be', async () => {
    expectTwoLines(await garden.run(['list'], { CODEBASE_GARDENER_RANK: 'many' }), /CODEBASE_GARDENER_RANK/);
  });

  it('mends a project whose record is broken, from the copy beside it', async () => {
    const { project } = await garden.json<Status>(['add', smallCodebase('broken'), '--no-train', '--wait']);
    writeFileSync(join(garden.dataDir, 'projects', project.id, 'project.json'), '{"id":');
    const listed = await garden.run(['list']);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(project.name);
    expect((await garden.json<Status>(['status', project.id])).project).toMatchObject({ id: project.id });
    await garden.json(['remove', project.id, '--yes']);
  });

  it('refuses a data directory of a newer version', async () => {
    const newer = new TestGarden();
    await newer.run(['list']);
    writeFileSync(join(newer.dataDir, 'data_directory.json'), '{"schemaVersion": 99}');
    expectTwoLines(await newer.run(['list']), /newer/);
    newer.remove();
  });

  it.runIf(triesPermissions)('refuses a read-only data directory', async () => {
    const readOnly = new TestGarden();
    mkdirSync(readOnly.dataDir);
    chmodSync(readOnly.dataDir, 0o500);
    expectTwoLines(await readOnly.runUnprivileged(['list']), /cannot be written/);
    chmodSync(readOnly.dataDir, 0o700);
    readOnly.remove();
  });

  it('refuses a data directory that is a file', async () => {
    writeFileSync(place('data-file'), '');
    expectTwoLines(
      await garden.run(['list', '--data-dir', place('data-file')]),
      /cannot be used as the data directory/,
    );
  });
});

describe.runIf(canMakeDisks())('a disk that is full', () => {
  it('stops a command with the reason; with room again it works', async () => {
    const full = new TestGarden();
    const [refused, listed] = await full.runOnFullDisk(0, [['list'], ['list', '--json']]);
    expectTwoLines(refused!, /no room left/);
    expect(listed).toMatchObject({ code: 0, stdout: '[]\n' });
    full.remove();
  });

  it('while a model arrives: nothing is put in place, and with room again it does', async () => {
    const full = new TestGarden();
    const contents = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(3_000_000, 7)]);
    const [file] = findModel('smollm2-360m-instruct').files;
    const path = `HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/resolve/main/${file.name}`;
    const hub = await startHubServer({ path, contents });
    const pull = ['models', 'pull', 'smollm2-360m-instruct'];
    const [refused, local, again] = await full.runOnFullDisk(
      2,
      [pull, ['models', 'list', '--json'], [...pull, '--json']],
      { CODEBASE_GARDENER_MODEL_HUB: hub.address },
    );
    await hub.close();
    expectTwoLines(refused!, /needs 4 MB of disk space and [123] MB are free/);
    expect(local).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/"onDisk": true/) });
    expect(again, again!.stderr).toMatchObject({ code: 0 });
    full.remove();
  });
});

describe('too early', () => {
  it('says how to get the models without pip and without a network', async () => {
    const bare = new TestGarden();
    const path = smallCodebase('offline');
    const outcome = await bare.run(['add', path], { PATH: bare.directory });
    expectTwoLines(outcome, /pip|Python/i);
    expect(outcome.stderr).toContain('--from');
    expect(await bare.json(['list'])).toEqual([]);
    bare.remove();
  });

  it('refuses control of work that does not go on', async () => {
    for (const command of ['pause', 'resume', 'cancel']) {
      expectTwoLines(await garden.run([command, 'twin']), /Nothing is under way/);
    }
    expectTwoLines(await garden.run(['evaluate', 'twin']), /no adapter/);
    expectTwoLines(await garden.run(['promote', 'twin', '1']), /no adapter/);
  });
});
