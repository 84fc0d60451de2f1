import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { latestRun, type Run } from '../../packages/gardener/src/garden/runs/runs.js';
import type { StatusObject } from '../../packages/gardener/src/projects/project-status.js';
import { benchCache } from '../inputs/bench-cache.js';

const COMMAND = fileURLToPath(new URL('../../packages/gardener/bin/gardener.js', import.meta.url));

/** What a command said. */
export interface Answer {
  exitCode: number;
  status: StatusObject | null;
  stderr: string;
}

/** The built command line with a data directory of its own, whose models are the bench cache's. */
export class GardenerCommand {
  readonly paths: GardenPaths;

  constructor(readonly dataDir: string) {
    this.paths = new GardenPaths(dataDir);
    const models = join(benchCache, 'data', 'base_models');
    mkdirSync(models, { recursive: true });
    mkdirSync(dataDir, { recursive: true });
    symlinkSync(models, join(dataDir, 'base_models'));
  }

  /** Runs a command that prints one status object with `--json`. */
  async run(...args: string[]): Promise<Answer> {
    const { exitCode, stdout, stderr } = await this.#execute(args);
    return { exitCode, status: parsed<StatusObject>(stdout), stderr };
  }

  /**
   * Runs a command that prints another value with `--json`.
   * @throws Error with what it said when it printed none
   */
  async value<Value>(...args: string[]): Promise<Value> {
    const { stdout, stderr } = await this.#execute(args);
    const value = parsed<Value>(stdout);
    if (value === null) throw new Error(`gardener ${args.join(' ')}: ${stderr}`);
    return value;
  }

  #execute(args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const env = {
      ...process.env,
      CODEBASE_GARDENER_DATA_DIR: this.dataDir,
      // What else runs here must not decide what is measured.
      CODEBASE_GARDENER_YIELD_TO_OTHERS: 'false',
    };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [COMMAND, ...args, '--json'],
        { env, maxBuffer: 2 ** 28 },
        (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ exitCode, stdout, stderr });
        },
      );
    });
  }

  /** The only project's newest run, or null while there is none. */
  async latestRun(): Promise<Run | null> {
    const ids = await readdir(this.paths.projects).catch(() => []);
    const id = ids.find((name) => !name.startsWith('.'));
    return id === undefined ? null : await latestRun(this.paths, id);
  }
}

function parsed<Value>(stdout: string): Value | null {
  try {
    return JSON.parse(stdout) as Value;
  } catch {
    return null;
  }
}
