import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectTwoLines, gardenerBinary, type Outcome, TestGarden } from './run-gardener.js';

const garden = new TestGarden();
afterAll(() => garden.remove());

// A file system that takes no folders: Node's own way of making them never ends there.
const noFolders: [string[], RegExp, number] = [
  ['--data-dir', '/proc/nowhere', 'list'],
  /cannot be used as the data directory/,
  1,
];

const COMMANDS = [
  ...['add', 'list', 'switch', 'status', 'refresh', 'remove', 'train', 'pause', 'resume', 'cancel'],
  ...['evaluate', 'promote', 'search', 'ask', 'chat', 'models', 'disk', 'doctor'],
  ...['export', 'import', 'push', 'pull', 'fleet'],
];

describe('gardener', () => {
  it('says its version without loading a native module, which takes longer than all the rest', async () => {
    const hook = join(garden.directory, 'loaded.cjs');
    const told = join(garden.directory, 'loaded.json');
    writeFileSync(
      hook,
      `process.on('exit', () => {
        const { sharedObjects } = process.report.getReport();
        require('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify(sharedObjects));
      });`,
    );
    const loaded = (): string[] =>
      (JSON.parse(readFileSync(told, 'utf8')) as string[]).filter((file) => file.endsWith('.node'));
    const { code, stdout } = await garden.run(['--version'], { NODE_OPTIONS: `--require "${hook}"` });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(loaded()).toEqual([]);
    execFileSync(process.execPath, ['--require', hook, '--eval', 'require("onnxruntime-node")']);
    expect(loaded()).not.toEqual([]);
  });

  it('shows its help without a command, and lists every command', async () => {
    const { code, stdout } = await garden.run([]);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each(COMMANDS)('%s --help teaches: usage, a paragraph, examples', async (command) => {
    const { code, stdout, stderr } = await garden.run([command, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: gardener ${command}`);
    expect(stdout).toMatch(/\$ gardener /);
    expect(stdout.length).toBeGreaterThan(400);
  });

  it.each<[readonly string[], RegExp, number]>([
    [['ad', '.'], /unknown command 'ad'/, 2],
    [['add'], /missing required argument 'path'/, 2],
    [['add', '.', '--bugdet', '5m'], /unknown option '--bugdet'/, 2],
    [['add', '.', '--budget', 'soon'], /"soon" is not a time/, 2],
    [['search', 'x', '-k', 'many'], /-k cannot be "many"/, 2],
    [['status', 'nowhere'], /no project "nowhere"/, 1],
    [['search', 'x'], /no project yet/, 1],
    [['--json'], /No command was given/, 2],
    [['models'], /No command was given/, 2],
    [['--data-dir', '', 'list'], /--data-dir is empty/, 2],
    [['add', ''], /an empty path/, 1],
    ...(process.platform === 'linux' ? [noFolders] : []),
  ])('%j fails in two lines', async (words, pattern, code) => {
    const outcome = await garden.run(words);
    expectTwoLines(outcome, pattern);
    expect(outcome.code).toBe(code);
  });

  it('says its version as JSON where that is asked for', async () => {
    expect(await garden.json(['--version'])).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });

  it.runIf(process.platform === 'linux')('says that its output cannot be written', async () => {
    const outcome = await new Promise<Outcome>((resolve) => {
      const child = spawn('sh', ['-c', `"${process.execPath}" "${gardenerBinary}" --help > /dev/full`]);
      let stderr = '';
      child.stderr.on('data', (piece: Buffer) => {
        stderr += piece.toString();
      });
      child.once('close', (code) => resolve({ code, stdout: '', stderr }));
    });
    expectTwoLines(outcome, /could not be written \(ENOSPC\)/);
  });

  it('gives the error as the one JSON value with --json', async () => {
    const outcome = await garden.run(['status', 'nowhere', '--json']);
    expectTwoLines(outcome, /nowhere/);
    const value = JSON.parse(outcome.stdout) as { error: Record<string, string> };
    expect(value.error).toMatchObject({ code: 'garden.unknown-project' });
    expect(value.error.remedy).not.toBe('');
  });

  it('lists nothing as an empty array', async () => {
    expect(await garden.json(['list'])).toEqual([]);
    expect(await garden.json(['status'])).toEqual([]);
  });

  it('does not mind a reader that goes away', async () => {
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${gardenerBinary}" --help | head -1`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    shell.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    shell.stdout.resume();
    await new Promise((settle) => shell.once('close', settle));
    expect(stderr).toBe('');
  });

  it('writes no colour into a pipe', async () => {
    const { stdout, stderr } = await garden.run(['status', 'nowhere']);
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('finds nothing wrong with this machine', async () => {
    const { checks } = await garden.json<{ checks: { name: string; state: string }[] }>(['doctor']);
    expect(checks.filter((check) => check.state === 'fail')).toEqual([]);
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining(['onnxruntime-node', 'node-llama-cpp', '@lancedb/lancedb', 'web-tree-sitter']),
    );
  });

  it('has a doctor that finds a damaged settings file', async () => {
    const damaged = new TestGarden();
    try {
      await damaged.run(['list']);
      writeFileSync(join(damaged.dataDir, 'settings.json'), '{"rank": ');
      const outcome = await damaged.run(['doctor', '--json']);
      expectTwoLines(outcome, /checks failed: state/);
      expect(JSON.parse(outcome.stdout)).toHaveProperty('checks');
    } finally {
      damaged.remove();
    }
  });
});
