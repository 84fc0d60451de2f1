/** A data directory of its own and the command line in this process over it, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { runProgram } from './program.js';

/** What a command left: its exit code and what it wrote. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ToldFailure {
  exitCode: number;
  code: string;
  message: string;
  remedy: string;
}

export interface TestGarden {
  garden: Garden;
  /** The folder that the data directory and the codebases lie in. */
  root: string;
  /** Registers a codebase under `root`. */
  add(name: string, path: string): Promise<ProjectRecord>;
  /** Runs `gardener <words>`. */
  gardener(...words: string[]): Promise<Ran>;
  /** The error that `gardener <words> --json` tells, with its exit code; fails when it tells none, or anything else. */
  failure(...words: string[]): Promise<ToldFailure>;
  /** The same of a command that says something before: all of it has to match. */
  failureAfter(before: RegExp, ...words: string[]): Promise<ToldFailure>;
  /** The value that `gardener <words> --json` prints. */
  json(...words: string[]): Promise<unknown>;
  remove(): Promise<void>;
}

export async function makeTestGarden(): Promise<TestGarden> {
  const root = await mkdtemp(join(tmpdir(), 'gardener-cli-'));
  const dataDir = join(root, 'data');
  const garden = await openGarden({ dataDir, settings: { logLevel: 'silent' } });
  const gardener = (...words: string[]) => runHere(['--data-dir', dataDir, '--no-color', ...words]);
  const failureAfter = async (before: RegExp, ...words: string[]): Promise<ToldFailure> => {
    const { code: exitCode, stdout, stderr } = await gardener(...words, '--json');
    const { error } = JSON.parse(stdout);
    const told = `error: ${error.message}\ntry: ${error.remedy}\n`;
    if (!stderr.endsWith(told) || !before.test(stderr.slice(0, -told.length)))
      throw new Error(`stderr: ${stderr}\nbefore: ${before}`);
    return { exitCode, ...error };
  };
  return {
    garden,
    root,
    gardener,
    add: (name, path) => garden.registry.add({ path, name, baseModel: 'smollm2-135m-instruct' }),
    json: async (...words) => JSON.parse((await gardener(...words, '--json')).stdout),
    failure: (...words) => failureAfter(/^$/, ...words),
    failureAfter,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function runHere(words: readonly string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  const listeners = process.listeners('uncaughtException');
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await runProgram(words, '0.0.0-test');
    return { code: Number(process.exitCode ?? 0), ...written };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
    for (const listener of process.listeners('uncaughtException')) {
      if (!listeners.includes(listener)) process.off('uncaughtException', listener);
    }
  }
}
