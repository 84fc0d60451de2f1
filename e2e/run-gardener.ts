import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
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
  durationMs: number;
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
    const startMs = performance.now();
    const { CODEBASE_GARDENER_DATA_DIR: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [gardenerBinary, ...words], {
      cwd,
      env: { ...inherited, CODEBASE_GARDENER_DATA_DIR: this.dataDir, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome: Outcome = { code: null, stdout: '', stderr: '', durationMs: 0 };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      outcome.stdout += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      outcome.stderr += piece;
    });
    return new Promise((settle, reject) => {
      child.once('error', reject);
      child.once('close', (code) => settle({ ...outcome, code, durationMs: performance.now() - startMs }));
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

  /** A codebase to work on: the trainer's own sources, without tests. */
  codebase(name = 'trainer'): string {
    const path = join(this.directory, name);
    cpSync(join(repository, 'packages', 'lora', 'src'), path, {
      recursive: true,
      filter: (source) => !source.endsWith('.test.ts'),
    });
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
