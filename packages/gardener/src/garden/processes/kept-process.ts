import type { JobProtocol } from './job-messages.js';
import type { JobProcess } from './job-process.js';

/** What a `KeptProcess` needs to know. */
export interface KeptProcessOptions<Protocol extends JobProtocol> {
  start(): Promise<JobProcess<Protocol>>;
  /** Makes the error for those who come after `close`. */
  closed(): Error;
}

/**
 * The one child process of its owner: started when it is first needed, and anew when it is needed after its end.
 * What is to be done about a child that dies is decided here, in `run`.
 */
export class KeptProcess<Protocol extends JobProtocol> {
  readonly #options: KeptProcessOptions<Protocol>;
  #process: Promise<JobProcess<Protocol>> | null = null;
  #current: JobProcess<Protocol> | null = null;
  #isClosed = false;

  constructor(options: KeptProcessOptions<Protocol>) {
    this.#options = options;
  }

  /** The process that lives and is ready, or null: none is started by asking. */
  get living(): JobProcess<Protocol> | null {
    return this.#current?.hasEnded === false ? this.#current : null;
  }

  /** The living process; started when there is none. Callers that meet the same death share the new one. */
  async start(): Promise<JobProcess<Protocol>> {
    if (this.#isClosed) throw this.#options.closed();
    if (this.#current?.hasEnded) this.#process = null;
    this.#process ??= this.#launch();
    return this.#process;
  }

  /**
   * Works with the living process.
   * @param restarts how often the work is begun again, with a new process, when the process ends in the middle of it
   */
  async run<Result>(work: (process: JobProcess<Protocol>) => Promise<Result>, restarts = 0): Promise<Result> {
    for (let left = restarts; ; left -= 1) {
      const process = await this.start();
      try {
        return await work(process);
      } catch (error) {
        if (left === 0 || this.#isClosed || !process.hasEnded) throw error;
      }
    }
  }

  /** Ends the process, if there is one; it can be started again. */
  async end(): Promise<void> {
    const running = await this.#process?.catch(() => null);
    this.#process = null;
    await running?.end();
  }

  /** Ends the process for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.end();
  }

  async #launch(): Promise<JobProcess<Protocol>> {
    this.#current = null;
    try {
      this.#current = await this.#options.start();
      return this.#current;
    } catch (error) {
      this.#process = null;
      throw error;
    }
  }
}
