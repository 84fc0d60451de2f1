import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** The root of this repository. */
export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The command line as it is installed: bin/ and dist/, not the sources. */
export const gardenerBinary = join(repository, 'packages', 'gardener', 'bin', 'gardener.js');

/** What a command did. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const NOBODY = 65534;

/**
 * Whether permissions can be tried: a user that is not root, or root where another user can run Node and this checkout
 * (a root's home may be closed to it).
 */
export function canTryPermissions(): boolean {
  if (process.platform === 'win32') return false;
  if (process.getuid?.() !== 0) return true;
  const probe = spawnSync(process.execPath, [gardenerBinary, '--version'], { uid: NOBODY, gid: NOBODY });
  return probe.status === 0;
}

/** Whether a small disk can be made for a test: Linux, where user namespaces are allowed. */
export function canMakeDisks(): boolean {
  const mount = 'mount -t tmpfs -o size=4k none /tmp';
  return spawnSync('unshare', ['--map-root-user', '--mount', 'bash', '-c', mount]).status === 0;
}

/** A data directory of its own and commands on it; removed with everything in it by `remove`. */
export class TestGarden {
  readonly directory = mkdtempSync(join(tmpdir(), 'gardener-e2e-'));
  readonly dataDir = join(this.directory, 'data');

  /** Runs `gardener <words>`; never throws for an exit code. */
  run(
    words: readonly string[],
    environment: Record<string, string> = {},
    cwd = this.directory,
  ): Promise<Outcome> {
    return this.#start(process.execPath, [gardenerBinary, ...words], { cwd }, environment);
  }

  /**
   * The same as a user without rights of its own, where this process is root. The test's folder becomes that user's.
   */
  runUnprivileged(words: readonly string[]): Promise<Outcome> {
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(this.directory, NOBODY, NOBODY);
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    return this.#start(process.execPath, [gardenerBinary, ...words], { cwd: this.directory, ...user });
  }

  /**
   * Runs the first command with the data directory on a disk with `freeMegabytes` left, and the others when it has room
   * again. In a mount namespace of its own: nothing of it is seen outside, and all of it is gone afterwards.
   */
  async runOnFullDisk(
    freeMegabytes: number,
    commands: readonly (readonly string[])[],
    environment: Record<string, string> = {},
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const quoted = (words: readonly string[]) =>
      words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const lines = commands.map((words, i) => {
      const file = quoted([join(this.directory, `small-${i}`)]);
      return `${quoted([process.execPath, gardenerBinary, ...words])} >${file}.out 2>${file}.err; echo $? >${file}.code`;
    });
    const mounted = quoted([this.dataDir]);
    const [first, ...rest] = lines;
    const filler = quoted([join(this.dataDir, 'filler')]);
    const script = [
      `mount -t tmpfs -o size=16m none ${mounted} || exit 99`,
      `head -c ${16 - freeMegabytes}M /dev/zero > ${filler} 2>/dev/null`,
      first,
      `rm ${filler}`,
      ...rest,
    ];
    mkdirSync(this.dataDir, { recursive: true });
    const whole = await this.#start(
      'unshare',
      ['--map-root-user', '--mount', 'bash', '-c', script.join('\n')],
      { cwd: this.directory },
      environment,
    );
    expect(whole.code, whole.stderr).toBe(0);
    for (const i of commands.keys()) {
      const read = (ending: string) => readFileSync(join(this.directory, `small-${i}.${ending}`), 'utf8');
      outcomes.push({ code: Number(read('code')), stdout: read('out'), stderr: read('err') });
    }
    return outcomes;
  }

  #start(
    command: string,
    words: readonly string[],
    options: SpawnOptions,
    environment: Record<string, string> = {},
  ): Promise<Outcome> {
    const { CODEBASE_GARDENER_DATA_DIR: _, ...inherited } = process.env;
    const child = spawn(command, words, {
      ...options,
      env: { ...inherited, CODEBASE_GARDENER_DATA_DIR: this.dataDir, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      outcome.stdout += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      outcome.stderr += piece;
    });
    return new Promise((settle, reject) => {
      child.once('error', reject);
      child.once('close', (code) => settle({ ...outcome, code }));
    });
  }

  /** Runs a command that must succeed and gives its one JSON value. */
  async json<Value>(words: readonly string[], environment: Record<string, string> = {}): Promise<Value> {
    const { code, stdout, stderr } = await this.run([...words, '--json'], environment);
    expect(code, `gardener ${words.join(' ')}\n${stderr}\n${stdout}`).toBe(0);
    return JSON.parse(stdout) as Value;
  }

  /** Puts the two default models in place from files, without a network. */
  async installModels(baseModelFile: string, embeddingModelDirectory: string): Promise<void> {
    await this.json(['models', 'pull', 'smollm2-135m-instruct', '--from', baseModelFile]);
    await this.json(['models', 'pull', 'all-minilm-l6-v2', '--from', embeddingModelDirectory]);
  }

  /** A codebase to work on: rooms of the trainer's own sources, without tests. */
  codebase(rooms: readonly string[], name = 'trainer'): string {
    const path = join(this.directory, name);
    for (const room of rooms) {
      cpSync(join(repository, 'packages', 'lora', 'src', room), join(path, room), {
        recursive: true,
        filter: (source) => !source.endsWith('.test.ts'),
      });
    }
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }
}

/** A failure as the issue promises it: not 0, one `error:` line, one `try:` line, no stack trace. */
export function expectTwoLines(outcome: Outcome, pattern: RegExp): void {
  const told = `exit ${outcome.code}\n${outcome.stderr}\n${outcome.stdout}`;
  expect(outcome.code, told).not.toBe(0);
  const lines = outcome.stderr.trimEnd().split('\n');
  expect(
    lines.filter((line) => line.startsWith('error: ')),
    told,
  ).toHaveLength(1);
  expect(
    lines.filter((line) => line.startsWith('try: ')),
    told,
  ).toHaveLength(1);
  expect(
    lines.find((line) => line.startsWith('error: ')),
    told,
  ).toMatch(pattern);
  expect(told).not.toMatch(/\n\s+at .+:\d+:\d+/);
  expect(told).not.toContain('node:internal');
}
