import type { ChildProcess } from 'node:child_process';
import { GardenerError } from '../garden/errors.js';
import { spawnEntry } from '../garden/spawn-entry.js';
import { EventQueue } from './event-queue.js';
import type {
  ChatRequest,
  CompletionRequest,
  GenerationEvent,
  GenerationOptions,
  GenerationRuntime,
  TokenScores,
} from './runtime.js';
import type {
  FromRuntime,
  GenerationJobOptions,
  RuntimeJob,
  RuntimeSetup,
  ToRuntime,
  WireError,
} from './runtime-messages.js';

/** Options of {@link startLlamaCpp}. */
export interface LlamaCppOptions {
  /** 0 = the physical cores that are free when an adapter's context is made: more threads than that are far slower. */
  threads: number;
  /** Tokens of prompt and answer together; the base's own limit where that is lower. */
  contextTokens: number;
  /** Adapters (the base counts as one) kept ready to answer at once. Defaults to 3. */
  keptContexts?: number;
  /** How long the model may take to load. Defaults to 120 s. */
  startTimeoutMs?: number;
}

/** Enough of the child's stderr to see why it died. */
const maxStderrCharacters = 4_000;

/**
 * Starts llama.cpp with one base model in a process of its own. When that process dies, the calls in progress fail with
 * `models.runtime-died` and the next call starts a new one.
 * @param modelPath a GGUF base model
 * @throws GardenerError `models.bad-model`, `models.no-llama-cpp`, `models.runtime-died`
 */
export async function startLlamaCpp(modelPath: string, options: LlamaCppOptions): Promise<LlamaCppRuntime> {
  const runtime = new ChildRuntime(
    {
      modelPath,
      threads: options.threads,
      contextTokens: options.contextTokens,
      keptContexts: options.keptContexts ?? 3,
    },
    options.startTimeoutMs ?? 120_000,
  );
  await runtime.start();
  return runtime;
}

interface Job {
  event(event: GenerationEvent): void;
  done(result: TokenScores | number | null): void;
  failed(error: unknown): void;
}

interface Running {
  child: ChildProcess;
  jobs: Map<number, Job>;
}

/** A GenerationRuntime in a child process of this one. */
export interface LlamaCppRuntime extends GenerationRuntime {
  /** Of the child process, for measuring it; null while there is none. */
  readonly processId: number | null;
}

class ChildRuntime implements LlamaCppRuntime {
  contextTokens: number;
  processId: number | null = null;
  readonly #setup: RuntimeSetup;
  readonly #startTimeoutMs: number;
  #running: Promise<Running> | null = null;
  #disposed = false;
  #nextId = 1;

  constructor(setup: RuntimeSetup, startTimeoutMs: number) {
    this.#setup = setup;
    this.#startTimeoutMs = startTimeoutMs;
    this.contextTokens = setup.contextTokens;
  }

  generate(request: ChatRequest): AsyncIterable<GenerationEvent> {
    return this.#stream(
      { kind: 'generate', messages: request.messages, ...jobOptions(request) },
      request.signal,
    );
  }

  complete(request: CompletionRequest): AsyncIterable<GenerationEvent> {
    return this.#stream({ kind: 'complete', prompt: request.prompt, ...jobOptions(request) }, request.signal);
  }

  async score(request: { tokens: readonly number[]; adapter: string | null; signal?: AbortSignal }) {
    const job: RuntimeJob = { kind: 'score', tokens: [...request.tokens], adapter: request.adapter };
    return (await this.#ask(job, request.signal)) as TokenScores;
  }

  async countTokens(text: string): Promise<number> {
    return (await this.#ask({ kind: 'count', text })) as number;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const running = await this.#running?.catch(() => null);
    if (!running) return;
    await new Promise<void>((resolve) => {
      if (running.child.exitCode !== null || running.child.signalCode !== null) return resolve();
      // An idle child does not keep this process alive, and Node would end it in the middle of this wait.
      stayAlive(running.child);
      running.child.once('exit', () => resolve());
      running.child.kill('SIGKILL');
    });
  }

  /** The live child process; started when there is none. */
  start(): Promise<Running> {
    if (this.#disposed) {
      return Promise.reject(
        new GardenerError('models.runtime-closed', 'The model was already shut down.', {
          remedy: 'Start it again.',
        }),
      );
    }
    this.#running ??= this.#launch().catch((error: unknown) => {
      this.#running = null;
      throw error;
    });
    return this.#running;
  }

  #launch(): Promise<Running> {
    const child = spawnEntry(new URL('./llama-cpp-process.js', import.meta.url), [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const running: Running = { child, jobs: new Map() };
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => {
      stderr = (stderr + text.toString('utf8')).slice(-maxStderrCharacters);
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(died('it did not load the model in time', stderr));
        child.kill('SIGKILL');
      }, this.#startTimeoutMs);
      const gone = (reason: string) => {
        clearTimeout(timer);
        this.#running = null;
        this.processId = null;
        const error = died(reason, stderr);
        for (const job of running.jobs.values()) job.failed(error);
        running.jobs.clear();
        reject(error);
      };
      child.on('error', (error) => gone(error.message));
      child.on('exit', (code, signal) => gone(signal === null ? `exit code ${code}` : `signal ${signal}`));
      child.on('message', (message: FromRuntime) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          this.contextTokens = message.contextTokens;
          this.processId = child.pid ?? null;
          letExit(child);
          resolve(running);
        } else if (message.type === 'start-failed') {
          clearTimeout(timer);
          reject(fromWire(message.error));
          child.kill('SIGKILL');
        } else {
          deliver(running, message, () => this.#rest(child, running));
        }
      });
      post(child, { type: 'start', setup: this.#setup });
    });
  }

  /** With no job left, an idle model must not keep the parent process alive. */
  #rest(child: ChildProcess, running: Running): void {
    if (running.jobs.size === 0) letExit(child);
  }

  #stream(job: RuntimeJob, signal: AbortSignal | undefined): AsyncIterable<GenerationEvent> {
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
    const queue = new EventQueue<GenerationEvent>(() => stop.abort());
    this.#ask(job, either, (event) => queue.push(event)).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return queue;
  }

  async #ask(job: RuntimeJob, signal?: AbortSignal, event: Job['event'] = () => undefined) {
    if (signal?.aborted) throw cancelled();
    const { child, jobs } = await this.start();
    return await new Promise<TokenScores | number | null>((resolve, reject) => {
      const id = this.#nextId++;
      const cancel = () => {
        post(child, { type: 'cancel', id });
        reject(cancelled());
      };
      const settle = () => signal?.removeEventListener('abort', cancel);
      jobs.set(id, {
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
      stayAlive(child);
      post(child, { type: 'job', id, job });
    });
  }
}

function deliver(
  running: Running,
  message: Extract<FromRuntime, { id: number }>,
  afterEnd: () => void,
): void {
  const job = running.jobs.get(message.id);
  if (job === undefined) return;
  if (message.type === 'event') {
    job.event(message.event);
    return;
  }
  running.jobs.delete(message.id);
  afterEnd();
  if (message.type === 'done') job.done(message.result);
  else job.failed(fromWire(message.error));
}

function jobOptions(request: GenerationOptions): GenerationJobOptions {
  return {
    adapter: request.adapter,
    maxTokens: request.maxTokens,
    temperature: request.temperature,
    seed: request.seed ?? null,
    repeatPenalty: request.repeatPenalty ?? 1,
    stop: request.stop ?? [],
  };
}

function post(child: ChildProcess, message: ToRuntime): void {
  // A child that has just died: its exit event fails the job.
  if (child.connected) child.send(message, () => undefined);
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

function cancelled(): GardenerError {
  return new GardenerError('models.cancelled', 'The answer was stopped.', {
    remedy: 'Ask again when you like.',
  });
}

function died(reason: string, stderr: string): GardenerError {
  return new GardenerError('models.runtime-died', `The process that runs the model ended (${reason}).`, {
    remedy: 'Try again: it is started anew. If it happens again, run `gardener doctor`.',
    details: { reason, stderr },
    retryable: true,
  });
}
