import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isProcessAlive } from '@codebase-gardener/lora/process';
import { type Garden, openGarden } from '../garden.js';
import { createRun, latestRun, type Run } from '../runs/runs.js';
import { runQueue } from './run-queue.js';
import { cancelRun, ensureRunner, readRunner } from './runner-process.js';

const ENTRY = new URL('./worker.fixture.js', import.meta.url);

/** A data directory with projects whose runs the worker of the runner's tests does; nothing stays at work after it. */
export class RunnerGarden {
  private constructor(
    readonly folder: string,
    readonly garden: Garden,
    /** Runs of these end with the test; a test that adds a project adds it here. */
    readonly projectIds: string[],
  ) {}

  /** @param names of the projects */
  static async make(names: readonly string[]): Promise<RunnerGarden> {
    const folder = await mkdtemp(join(tmpdir(), 'garden-runner-'));
    const garden = await openGarden({ dataDir: join(folder, 'data') });
    const projectIds: string[] = [];
    for (const name of names) {
      const path = await mkdtemp(join(folder, name));
      projectIds.push((await garden.registry.add({ name, path, baseModel: 'base' })).id);
    }
    return new RunnerGarden(folder, garden, projectIds);
  }

  /** Sees to it that a runner is there. */
  readonly ensure = () => ensureRunner(this.garden.paths, ENTRY);

  /** Queues a run that does what `behaviour` says, see worker.fixture.ts. */
  async queue(behaviour: string, project = 0, options: Record<string, unknown> = {}): Promise<Run> {
    const id = this.projectIds[project] ?? '';
    await createRun(this.garden.paths, id, 'train', { behaviour, ...options });
    return (await latestRun(this.garden.paths, id)) as Run;
  }

  /** The queue in this process, where a test is not about the runner's own. */
  work(entry: URL = ENTRY): Promise<void> {
    return runQueue(this.garden.paths, { entry, pollMs: 50, cancelGraceMs: 300 });
  }

  /** The same with a worker of a few lines in a file of its own, which starts without TypeScript. */
  async workWith(code: string): Promise<void> {
    const file = join(this.folder, 'worker.mjs');
    await writeFile(file, `import * as fs from 'node:fs';\n${code}\n`);
    await this.work(pathToFileURL(file));
  }

  async remove(): Promise<void> {
    const { paths } = this.garden;
    for (const id of this.projectIds) {
      const run = await latestRun(paths, id);
      if (run) await cancelRun(paths, run, 0);
    }
    const runner = await readRunner(paths);
    if (runner && (await isProcessAlive(runner))) process.kill(runner.pid, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits for a value that is one. */
export async function until<T>(look: () => Promise<T | null | false | undefined>): Promise<T> {
  for (;;) {
    const value = await look();
    if (value) return value;
    await delay(30);
  }
}
