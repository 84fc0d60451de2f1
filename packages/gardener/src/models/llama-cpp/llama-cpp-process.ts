import type { ChildProcess } from 'node:child_process';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import type { GenerationEvent } from '../runtime/runtime.js';
import type {
  FromRuntime,
  JobResult,
  RuntimeJob,
  RuntimeSetup,
  ToRuntime,
  WireError,
} from './runtime-messages.js';

/** Enough of the child's stderr to see why it died. */
const maxStderrCharacters = 4_000;

interface Job {
  event(event: GenerationEvent): void;
  done(result: JobResult): void;
  failed(error: unknown): void;
}

/**
 * The child process that holds llama.cpp with one base model. When it dies, the jobs in progress fail with
 * `models.runtime-died`; it is not started again: its owner makes another one. Idle, it does
 * not keep this process alive.
 */
export class ModelProcess {
  contextTokens: number;
  /** Adapter files that have a context, the one used last at the end. */
  keptAdapters: string[] = [];
  readonly #child: ChildProcess;
  readonly #jobs = new Map<number, Job>();
  #isGone = false;
  #stderr = '';
  #nextId = 1;

  private constructor(child: ChildProcess, setup: RuntimeSetup) {
    this.#child = child;
    this.contextTokens = setup.contextTokens;
    child.stderr?.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString('utf8')).slice(-maxStderrCharacters);
    });
  }

  /** @throws GardenerError `models.bad-model`, `models.no-llama-cpp`, `models.runtime-died` */
  static start(setup: RuntimeSetup, timeoutMs: number): Promise<ModelProcess> {
    const child = spawnEntry(new URL('./llama-cpp-child.js', import.meta.url), [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const started = new ModelProcess(child, setup);
    return started.#begin(setup, timeoutMs).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
  }

  get pid(): number | null {
    return this.#isGone ? null : (this.#child.pid ?? null);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @throws GardenerError what the job threw in the child, `models.runtime-died`, `models.cancelled` */
  ask(job: RuntimeJob, signal?: AbortSignal, event: Job['event'] = () => undefined): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(died('it has ended', this.#stderr));
      const id = this.#nextId++;
      const cancel = () => {
        this.#post({ type: 'cancel', id });
        reject(cancelled());
      };
      const settle = () => signal?.removeEventListener('abort', cancel);
      this.#jobs.set(id, {
        event,
        done: (result) => {
          settle();
          resolve(result);
        },
        failed: (error) => {
          settle();
          reject(signal?.aborted ? cancelled() : error);
        },
      });
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
      stayAlive(this.#child);
      this.#post({ type: 'job', id, job });
    });
  }

  /** Ends it; jobs in progress fail. */
  async end(): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      // An idle child does not keep this process alive, and Node would end it in the middle of this wait.
      stayAlive(this.#child);
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }

  #begin(setup: RuntimeSetup, timeoutMs: number): Promise<this> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(died('it did not load the model in time', this.#stderr)),
        timeoutMs,
      );
      const gone = (reason: string) => {
        clearTimeout(timer);
        reject(this.#gone(reason));
      };
      this.#child.on('error', (error) => gone(error.message));
      this.#child.on('exit', (code, signal) =>
        gone(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
      this.#child.on('message', (message: FromRuntime) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          this.contextTokens = message.contextTokens;
          letExit(this.#child);
          resolve(this);
        } else if (message.type === 'start-failed') {
          clearTimeout(timer);
          reject(fromWire(message.error));
        } else if (message.type === 'kept') {
          this.keptAdapters = message.adapters;
        } else {
          this.#deliver(message);
        }
      });
      this.#post({ type: 'start', setup });
    });
  }

  #gone(reason: string): GardenerError {
    this.#isGone = true;
    this.keptAdapters = [];
    const error = died(reason, this.#stderr);
    for (const job of this.#jobs.values()) job.failed(error);
    this.#jobs.clear();
    return error;
  }

  #deliver(message: Extract<FromRuntime, { id: number }>): void {
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.type === 'event') {
      job.event(message.event);
      return;
    }
    this.#jobs.delete(message.id);
    if (this.#jobs.size === 0) letExit(this.#child);
    if (message.type === 'done') job.done(message.result);
    else job.failed(fromWire(message.error));
  }

  #post(message: ToRuntime): void {
    // A child that has just died: its exit event fails the job.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** The error of an answer that was stopped by its reader. */
export function cancelled(): GardenerError {
  return new GardenerError('models.cancelled', 'The answer was stopped.', {
    remedy: 'Ask again when you like.',
  });
}

function letExit(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  (child.stderr as unknown as { unref?(): void } | null)?.unref?.();
}

function stayAlive(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function fromWire(error: WireError): GardenerError {
  return new GardenerError(error.code, error.message, { remedy: error.remedy, details: error.details });
}

function died(reason: string, stderr: string): GardenerError {
  return new GardenerError('models.runtime-died', `The process that runs the model ended (${reason}).`, {
    remedy: 'Try again: it is started anew. If it happens again, run `gardener doctor`.',
    details: { reason, stderr },
    retryable: true,
  });
}
