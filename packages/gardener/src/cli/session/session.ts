import type { Command } from 'commander';
import type { Garden } from '../../garden/garden.js';
import type { RunnerStatus } from '../../garden/runner/runner-process.js';
import { oneLine } from '../terminal/plain-text.js';
import { Output } from './output.js';

/** The options that every command takes. */
export interface GlobalOptions {
  dataDir?: string;
  json?: boolean;
  verbose?: boolean;
  color: boolean;
}

/** What a command works with. */
export interface Session {
  readonly output: Output;
  readonly garden: Garden;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * Starts the background runner when work waits and none is alive.
   * @returns whether it did, and one sentence when an interrupted run was found
   */
  startRunner(): Promise<RunnerStatus>;
  /** Registers something to close when the command ends, however it ends; closed in reverse order. */
  closeAtEnd(close: () => Promise<void> | void): void;
  /** What Ctrl-C says, e.g. that the work goes on in the background. */
  interruptNote: string | null;
  /** Takes Ctrl-C over, e.g. to stop one answer of a chat; returns a function that gives it back. */
  onInterrupt(handler: () => void): () => void;
}

const CLOSE_TIMEOUT_MS = 2_000;
/**
 * How long a command may take after Ctrl-C to save what it has and to close. Its child processes end with it.
 */
const INTERRUPTED_TIMEOUT_MS = 500;
let lastGarden: Garden | null = null;

/**
 * Wraps a command's handler into a commander action: opens the data directory, lets interrupted background work go on,
 * runs the handler, and closes what it opened. Ctrl-C aborts the handler's signal and ends the process with 130.
 */
export function withSession<Options extends object, Arguments extends unknown[]>(
  handler: (session: Session, options: Options, ...commandArguments: Arguments) => Promise<void>,
): (...commanderArguments: unknown[]) => Promise<void> {
  return async (...commanderArguments) => {
    const command = commanderArguments.at(-1) as Command;
    const options = command.optsWithGlobals() as Options & GlobalOptions;
    const commandArguments = commanderArguments.slice(0, -2) as Arguments;
    const session = await openSession(options);
    // Idle child processes do not keep the event loop alive: without a timer Node would end with exit
    // code 13 in the middle of a wait.
    const keepAlive = setInterval(() => undefined, 60_000);
    const work = handler(session, options, ...commandArguments);
    try {
      await Promise.race([work, session.interrupted]);
    } finally {
      clearInterval(keepAlive);
      await session.closeAll(work);
    }
  };
}

/** Writes a failure with its stack to the log of the data directory, when one was opened. */
export function logFailure(error: unknown): void {
  lastGarden?.log.error({ err: error }, 'command failed');
}

async function openSession(options: GlobalOptions) {
  const output = new Output(options.json === true, options.color);
  const { openGarden } = await import('../../garden/garden.js');
  const garden = await openGarden({
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    verbose: options.verbose === true,
  });
  lastGarden = garden;
  const session = new OpenSession(output, garden);
  if (garden.isReadOnly) {
    output.note(
      output.notePalette.quiet(`${garden.paths.root} may only be read: nothing in it can be changed.`),
    );
    return session;
  }
  const { notice } = await session.startRunner();
  if (notice !== null) output.note(output.notePalette.warn(oneLine(notice)));
  return session;
}

class OpenSession implements Session {
  readonly #controller = new AbortController();
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #handlers: (() => void)[] = [];
  readonly #onSignal = () => this.#interrupt();
  readonly signal = this.#controller.signal;
  /** Rejects when Ctrl-C ends the command. */
  readonly interrupted: Promise<never>;
  interruptNote: string | null = null;

  constructor(
    readonly output: Output,
    readonly garden: Garden,
  ) {
    this.interrupted = new Promise((_resolve, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason), { once: true });
    });
    this.interrupted.catch(() => undefined);
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  async startRunner(): Promise<RunnerStatus> {
    const { startRunner } = await import('../../projects/start-runner.js');
    return await startRunner(this.garden.paths);
  }

  /** Closes what the command opened; a runtime that does not close in time does not keep the user waiting. */
  async closeAll(work: Promise<void>): Promise<void> {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    const isInterrupted = this.signal.aborted;
    if (isInterrupted)
      await atMost(
        INTERRUPTED_TIMEOUT_MS,
        work.catch(() => undefined),
      );
    const closing = (async () => {
      for (const close of this.#closers.reverse()) await close();
    })();
    await atMost(isInterrupted ? INTERRUPTED_TIMEOUT_MS : CLOSE_TIMEOUT_MS, closing);
  }

  closeAtEnd(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  onInterrupt(handler: () => void): () => void {
    this.#handlers.push(handler);
    return () => {
      const index = this.#handlers.indexOf(handler);
      if (index >= 0) this.#handlers.splice(index, 1);
    };
  }

  #interrupt(): void {
    const handler = this.#handlers.at(-1);
    if (handler !== undefined) {
      handler();
      return;
    }
    if (this.signal.aborted) process.exit(130);
    // What the handler still comes to is not what was asked for any more.
    this.output.silence();
    if (this.interruptNote !== null) this.output.note(`\n${this.interruptNote}`);
    this.#controller.abort(new DOMException('Interrupted', 'AbortError'));
  }
}

/** Waits for the work, and no longer than `ms`. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
