import type { JobProtocol } from './job-messages.js';
import type { JobProcess } from './job-process.js';
import { withRestarts } from './restarts.js';

/** Options of {@link KeptProcess.run}. */
export interface KeptRunOptions {
  /** How often the work is begun again, with a new process, when the process ends by itself. Defaults to 2. */
  restarts?: number;
  /** When it aborts, nothing is begun again. */
  signal?: AbortSignal | undefined;
}

/**
 * The one child process of its owner: started when it is first needed, and anew when it is needed after its end.
 */
export class KeptProcess<Protocol extends JobProtocol> {
  readonly #start: () => Promise<JobProcess<Protocol>>;
  #process: Promise<JobProcess<Protocol>> | null = null;
  #current: JobProcess<Protocol> | null = null;
  #closed: (() => Error) | null = null;

  /** @param start starts one process */
  constructor(start: () => Promise<JobProcess<Protocol>>) {
    this.#start = start;
  }

  /** The process that lives and is ready, or null: none is started by asking. */
  get living(): JobProcess<Protocol> | null {
    return this.#current?.hasEnded === false ? this.#current : null;
  }

  /** The living process; started when there is none. Callers that meet the same death share the new one. */
  async start(): Promise<JobProcess<Protocol>> {
    if (this.#closed !== null) throw this.#closed();
    if (this.#current?.hasEnded) this.#process = null;
    this.#process ??= this.#launch();
    return this.#process;
  }

  /** Works with the living process; when that ends by itself in the middle, the work is begun again with a new one. */
  run<Result>(
    work: (process: JobProcess<Protocol>) => Promise<Result>,
    options: KeptRunOptions = {},
  ): Promise<Result> {
    return withRestarts(async () => work(await this.start()), options);
  }

  /** Ends the process, if there is one; it can be started again. */
  async end(): Promise<void> {
    const running = await this.#process?.catch(() => null);
    this.#process = null;
    await running?.end();
  }

  /**
   * Ends the process for good.
   * @param closed makes the error for those who come later
   */
  async close(closed: () => Error): Promise<void> {
    this.#closed = closed;
    await this.end();
  }

  async #launch(): Promise<JobProcess<Protocol>> {
    this.#current = null;
    try {
      this.#current = await this.#start();
      return this.#current;
    } catch (error) {
      this.#process = null;
      throw error;
    }
  }
}
