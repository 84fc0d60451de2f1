import { toWireError } from '../../../../garden/errors/wire-error.js';
import { locateRun, readControl } from '../../../../garden/runs/runs.js';
import type { EngineEvent } from '../../../engines/engine-events.js';
import { engineOf } from '../../../engines/engine-of.js';
import { RunDirectory } from '../../../run-directory/run-directory.js';
import { type Attempt, readAttempt } from './attempt.js';
import { type Told, tell } from './told.js';

/** How a job's process ends where it was not to do its work, or not to its end: 0 is for work done, 1 for failed. */
export const EXIT_CODES = { notShared: 23, replaced: 24, interrupted: 25 } as const;

const ALIVE_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

/**
 * What a job does on a worker of the cluster: trains in the run directory, which it shares with the machine that
 * submitted it, and tells how it goes in a file there. It ends when it is told to (SIGTERM, or the user's wish in
 * control.json), and at once when the attempt is no longer its own, or the run directory is gone.
 * @returns the exit code of its process
 */
export async function runRayJob(runDirectory: string, number: number): Promise<number> {
  const directory = new RunDirectory(runDirectory);
  const attempt = await readAttempt(directory.job);
  if (attempt === null) {
    process.stderr.write(`there is no ${directory.job} on this worker\n`);
    return EXIT_CODES.notShared;
  }
  if (!isOpen(attempt, number)) return EXIT_CODES.replaced;
  const teller = new Teller(directory.job, number);
  const stop = new AbortController();
  const onSignal = () => stop.abort('terminate');
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  const alive = setInterval(() => teller.tell({ type: 'alive' }), ALIVE_EVERY_MS);
  const watch = setInterval(() => void look(directory, number, stop), LOOK_EVERY_MS);
  teller.tell({ type: 'alive' });
  let exitCode = 0;
  try {
    for await (const event of trained(directory, attempt, stop.signal)) {
      teller.tell({ type: 'event', event });
      if (event.type === 'train-end' && event.reason === 'aborted') exitCode = EXIT_CODES.interrupted;
    }
  } catch (error) {
    exitCode = 1;
    teller.tell({ type: 'error', error: toWireError(error) });
  } finally {
    clearInterval(alive);
    clearInterval(watch);
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
  teller.tell({ type: 'end' });
  await teller.told();
  return exitCode;
}

async function* trained(
  directory: RunDirectory,
  { engine, enginePython, weightsHash }: Attempt,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const settings = await directory.readEngineSettings();
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  await using base = await loadBaseModel(settings.baseModelFile, { weightsHash });
  const data = await directory.readData(base.tokenizer.vocabularySize);
  const { paths } = locateRun(directory.path);
  const trainer = engineOf(engine, { paths, settings: { enginePython } });
  yield* trainer.run(directory, { settings, base, data, courtesy: {} }, signal);
}

async function look({ job, path }: RunDirectory, number: number, stop: AbortController): Promise<void> {
  // A file system that is away for a moment says nothing about the attempt; one that is gone does.
  const attempt = await readAttempt(job).catch(() => undefined);
  if (attempt === null || (attempt !== undefined && !isOpen(attempt, number))) {
    // Another job may be writing in this run directory by now: no checkpoint is saved any more.
    await tell(job, number, { type: 'end' }).catch(() => undefined);
    process.exit(EXIT_CODES.replaced);
  }
  const wish = await readControl(path);
  if (wish === 'cancel' || wish === 'pause') stop.abort(wish);
}

function isOpen({ attempt, closed }: Attempt, number: number): boolean {
  return attempt === number && !closed;
}

/** Tells lines in their order, without anybody waiting for the disk. */
class Teller {
  #tail: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  constructor(
    readonly folder: string,
    readonly attempt: number,
  ) {}

  tell(line: Told): void {
    if (this.#failure !== null) throw this.#failure;
    this.#tail = this.#tail
      .then(() => tell(this.folder, this.attempt, line))
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }

  async told(): Promise<void> {
    await this.#tail;
    if (this.#failure !== null) throw this.#failure;
  }
}
