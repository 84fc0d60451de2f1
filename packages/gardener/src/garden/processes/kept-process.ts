import type { JobProtocol } from './job-messages.js';
import type { JobProcess } from './job-process.js';

/**
 * The one child process of its owner: started when it is first needed, and anew when it is needed after its end.
 * What is to be done about a child that dies is decided here, in `run`.
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
        if (left === 0 || this.#closed !== null || !process.hasEnded) throw error;
      }
    }
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
