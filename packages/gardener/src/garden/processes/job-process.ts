import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fromWireError } from '../errors/wire-error.js';
import { type FromChild, type JobName, type JobProtocol, START_ID, type ToChild } from './job-messages.js';
import { markDeath } from './restarts.js';
import { spawnEntry } from './spawn-entry.js';

/** Enough of a child's stderr to see why it died. */
const STDERR_TAIL_CHARACTERS = 4_000;
/** How long after the end of a process its last words are waited for: a grandchild may hold stderr open. */
const LAST_WORDS_MS = 500;

/** How a child process ended. */
export interface ProcessEnd {
  /** A few words that fit into brackets: `signal SIGKILL`, `exit code 1`, `it was not ready after 60 s`. */
  reason: string;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The last that it wrote to stderr; empty with `inheritOutput`. */
  stderr: string;
}

/** How a child process is started, and what its failures are called. */
export interface JobProcessOptions<Protocol extends JobProtocol> {
  /** Its entry file, which calls `serveJobs`; written as for `spawnEntry`. */
  entry: URL;
  setup: Protocol['setup'];
  /** Makes the error for those whose jobs are not done because the process has ended. */
  died(end: ProcessEnd): Error;
  /** Makes an error of ours of one that the child did not foresee. Defaults to an Error of the same words. */
  unexpected?(error: Error): Error;
  /** How long it may take to be ready. Defaults to no limit. */
  startTimeoutMs?: number;
  /** Defaults to this process's. */
  env?: NodeJS.ProcessEnv;
  /** Arguments for Node itself. */
  execArgv?: readonly string[];
  /** Whether what it writes goes where this process writes. Defaults to false: only errors tell of it. */
  inheritOutput?: boolean;
}

/** Options of one job. */
export interface JobOptions<Progress> {
  /** When it aborts, the child is told, and the caller is thrown the signal's reason without waiting for the child. */
  signal?: AbortSignal | undefined;
  /** Called with what the child tells while it is at work. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** For work that may hang: after `ms` the process is ended, and the caller is thrown this error. */
  timeLimit?: { ms: number; error(): Error } | undefined;
}

/** A job that the child has not answered. */
interface OpenJob {
  onProgress(progress: unknown): void;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * A child process that does jobs, several at a time where it can. When it ends, for whatever reason, the jobs in
 * progress fail with the error of `died`; it is not started again (`KeptProcess` and `withRestarts` do that). It keeps
 * this process alive only while it is at a job.
 */
export class JobProcess<Protocol extends JobProtocol> {
  readonly #options: JobProcessOptions<Protocol>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #jobs = new Map<number, OpenJob>();
  #ready: unknown;
  #lastId = START_ID;
  #stderr = '';
  #killedBecause: string | null = null;
  #hasExited = false;
  #onIdle: (() => void) | null = null;

  private constructor(options: JobProcessOptions<Protocol>) {
    const { entry, env = process.env, execArgv = [], inheritOutput = false } = options;
    this.#options = options;
    this.#child = spawnEntry(entry, [], {
      env,
      execArgv,
      stdio: inheritOutput ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.#child.on('message', (message: FromChild) => this.#receive(message));
    this.#gone = this.#untilGone();
  }

  /**
   * Starts a process and waits until it is ready.
   * @throws what the child's start throws; the error of `died`
   */
  static async start<Protocol extends JobProtocol>(
    options: JobProcessOptions<Protocol>,
  ): Promise<JobProcess<Protocol>> {
    const started = JobProcess.#spawn(options);
    try {
      const { setup, startTimeoutMs: limit } = options;
      const timeLimit = limit === undefined ? undefined : started.#startLimit(limit);
      started.#ready = await started.#ask({ type: 'start', id: START_ID, setup }, { timeLimit });
      return started;
    } catch (error) {
      await started.end();
      throw error;
    }
  }

  static #spawn<Protocol extends JobProtocol>(options: JobProcessOptions<Protocol>): JobProcess<Protocol> {
    try {
      return new JobProcess(options);
    } catch (error) {
      // Too many processes or open files.
      throw options.died({ reason: String(error), exitCode: null, signal: null, stderr: '' });
    }
  }

  /** What it said of itself when it was ready. */
  get ready(): Protocol['ready'] {
    return this.#ready as Protocol['ready'];
  }

  /** True from the moment in which it is ended or found dead: it takes no jobs any more. */
  get hasEnded(): boolean {
    return this.#killedBecause !== null || this.#hasExited;
  }

  /** Null when it has ended. */
  get pid(): number | null {
    return this.hasEnded ? null : (this.#child.pid ?? null);
  }

  /**
   * Has a job done.
   * @throws what the job throws in the child (its GardenerErrors and LoraErrors as GardenerErrors with the same code),
   * the error of `died`, the signal's reason, the time limit's error
   */
  run<Name extends JobName<Protocol>>(
    name: Name,
    input: Protocol['jobs'][Name]['input'],
    options: JobOptions<Protocol['jobs'][Name]['progress']> = {},
  ): Promise<Protocol['jobs'][Name]['result']> {
    this.#lastId += 1;
    return this.#ask({ type: 'job', id: this.#lastId, name, input }, options);
  }

  /**
   * Ends it; jobs in progress fail. Returns when it is gone.
   * @param graceMs how long jobs that were cancelled may take to come to an end by themselves. Defaults to 0
   */
  async end(graceMs = 0): Promise<void> {
    if (graceMs > 0)
      await Promise.race([this.#untilIdle(), this.#gone, delay(graceMs, null, { ref: false })]);
    this.#kill('it was ended');
    await this.#gone;
  }

  async #ask<Progress>(
    message: Exclude<ToChild, { type: 'cancel' }>,
    { signal, onProgress, timeLimit }: JobOptions<Progress>,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.hasEnded) throw this.#died();
    const { id } = message;
    let cancel: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#open(id, {
          onProgress: (progress) => {
            if (!signal?.aborted) onProgress?.(progress as Progress);
          },
          resolve,
          reject,
        });
        cancel = () => {
          this.#post({ type: 'cancel', id });
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', cancel, { once: true });
        if (timeLimit !== undefined) {
          timer = setTimeout(() => {
            reject(timeLimit.error());
            this.#kill('a job took too long');
          }, timeLimit.ms);
        }
        this.#post(message);
      });
    } finally {
      clearTimeout(timer);
      if (cancel !== undefined) signal?.removeEventListener('abort', cancel);
    }
  }

  #startLimit(ms: number): NonNullable<JobOptions<never>['timeLimit']> {
    return { ms, error: () => this.#died(`it was not ready after ${ms / 1000} s`) };
  }

  #receive(message: FromChild): void {
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.type === 'progress') {
      job.onProgress(message.progress);
      return;
    }
    this.#close(message.id);
    if (message.type === 'done') {
      job.resolve(message.result);
      return;
    }
    const error = fromWireError(message.error);
    const isForeseen = message.error.code !== null;
    job.reject(isForeseen ? error : (this.#options.unexpected?.(error) ?? error));
  }

  #open(id: number, job: OpenJob): void {
    this.#jobs.set(id, job);
    this.#child.ref();
    this.#child.channel?.ref();
  }

  #close(id: number): void {
    this.#jobs.delete(id);
    if (this.#jobs.size > 0) return;
    this.#onIdle?.();
    this.#child.unref();
    this.#child.channel?.unref();
    if (this.#child.stderr instanceof Socket) this.#child.stderr.unref();
  }

  /** Resolves when no job is in progress, not even a cancelled one. */
  #untilIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#jobs.size === 0) resolve();
      else this.#onIdle = resolve;
    });
  }

  #post(message: ToChild): void {
    // Sending fails only when the child has just died; its exit then fails the job.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #kill(because: string): void {
    if (this.hasEnded) return;
    this.#killedBecause = because;
    // An idle child does not keep this process alive, and Node would end it in the middle of the wait for the exit.
    this.#child.ref();
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process is gone and everybody who waited for it has been told. */
  async #untilGone(): Promise<void> {
    const exited = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', (error) => {
        // Never started. Other errors of a ChildProcess are followed by its exit.
        if (this.#child.pid !== undefined) return;
        this.#killedBecause ??= error.message;
        resolve();
      });
    });
    const saidAll = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    await exited;
    this.#hasExited = true;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      saidAll,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_WORDS_MS);
      }),
    ]);
    clearTimeout(timer);
    for (const [id, job] of this.#jobs) {
      this.#close(id);
      job.reject(this.#died());
    }
  }

  #died(because = this.#killedBecause): Error {
    const { exitCode, signalCode: signal } = this.#child;
    const reason = because ?? (signal === null ? `exit code ${exitCode}` : `signal ${signal}`);
    const error = this.#options.died({ reason, exitCode, signal, stderr: this.#stderr });
    return because === null ? markDeath(error) : error;
  }
}
