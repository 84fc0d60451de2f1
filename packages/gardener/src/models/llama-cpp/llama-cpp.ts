import { stat } from 'node:fs/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type {
  ChatRequest,
  CompletionRequest,
  GenerationEvent,
  GenerationOptions,
  GenerationRuntime,
  RuntimeState,
  TokenScores,
} from '../runtime/runtime.js';
import { EventQueue } from './event-queue.js';
import { FairQueue } from './fair-queue.js';
import { cancelled, ModelProcess } from './llama-cpp-process.js';
import type { GenerationJobOptions, JobResult, RuntimeJob, RuntimeSetup } from './runtime-messages.js';

/** Options of {@link startLlamaCpp}. */
export interface LlamaCppOptions {
  /** 0 = the physical cores that are free when an answer begins: more threads than that are far slower. */
  threads: number;
  /** Tokens of prompt and answer together; the base's own limit where that is lower. */
  contextTokens: number;
  /** Adapters (the base counts as one) kept ready to answer at once. Defaults to 3. */
  keptContexts?: number;
  /** How long the model may take to load. Defaults to 120 s. */
  startTimeoutMs?: number;
  /**
   * After so long without a call the process is ended, and its memory is free; the next call
   * starts it. Defaults to 15 min.
   */
  idleMs?: number;
}

/** llama.cpp keeps every adapter it has read until the model goes, so the process is replaced after so many. */
const maxAdaptersPerProcess = 16;

/**
 * Starts llama.cpp with one base model in a process of its own. When that process dies, the call in progress fails with
 * `models.runtime-died` and the next one starts a new process.
 * @param modelPath a GGUF base model
 * @throws GardenerError `models.bad-model`, `models.no-llama-cpp`, `models.runtime-died`
 */
export async function startLlamaCpp(modelPath: string, options: LlamaCppOptions): Promise<LlamaCppRuntime> {
  const {
    threads,
    contextTokens,
    keptContexts = 3,
    startTimeoutMs = 120_000,
    idleMs = 15 * 60_000,
  } = options;
  const runtime = new ProcessRuntime(
    { modelPath, threads, contextTokens, keptContexts },
    startTimeoutMs,
    idleMs,
  );
  await runtime.start();
  return runtime;
}

/** A GenerationRuntime in a child process of this one. */
export interface LlamaCppRuntime extends GenerationRuntime {
  /** Of the child process, for measuring it; null while there is none. */
  readonly processId: number | null;
}

type QueuedJob = Exclude<RuntimeJob, { kind: 'count' }>;

class ProcessRuntime implements LlamaCppRuntime {
  contextTokens: number;
  readonly #setup: RuntimeSetup;
  readonly #startTimeoutMs: number;
  readonly #idleMs: number;
  readonly #queue = new FairQueue();
  #process: Promise<ModelProcess> | null = null;
  #current: ModelProcess | null = null;
  /** What each adapter file was when this process read it: llama.cpp never looks at the file again. */
  #adapters = new Map<string, string>();
  #idle: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(setup: RuntimeSetup, startTimeoutMs: number, idleMs: number) {
    this.#setup = setup;
    this.#startTimeoutMs = startTimeoutMs;
    this.#idleMs = idleMs;
    this.contextTokens = setup.contextTokens;
  }

  get processId(): number | null {
    return this.#current?.pid ?? null;
  }

  async prepare({
    adapter,
    turn = '',
    signal,
  }: Pick<GenerationOptions, 'adapter' | 'turn' | 'signal'>): Promise<void> {
    await this.#ask({ kind: 'prepare', adapter }, turn, signal);
  }

  generate(request: ChatRequest): AsyncIterable<GenerationEvent> {
    return this.#stream({ kind: 'generate', messages: request.messages, ...jobOptions(request) }, request);
  }

  complete(request: CompletionRequest): AsyncIterable<GenerationEvent> {
    const { prompt, suffix = null } = request;
    return this.#stream({ kind: 'complete', prompt, suffix, ...jobOptions(request) }, request);
  }

  async score(request: { tokens: readonly number[]; adapter: string | null; signal?: AbortSignal }) {
    const job: QueuedJob = { kind: 'score', tokens: [...request.tokens], adapter: request.adapter };
    return (await this.#ask(job, '', request.signal)) as TokenScores;
  }

  /** Waits for nobody: a tokenizer works while the model writes. */
  async countTokens(text: string): Promise<number> {
    const count = async () => (await (await this.start()).ask({ kind: 'count', text })) as number;
    try {
      return await count();
    } catch (error) {
      // The process was replaced, or died of another call: a count has nothing to lose.
      if (!GardenerError.isInstance(error) || error.code !== 'models.runtime-died') throw error;
      return await count();
    }
  }

  state(): RuntimeState {
    return {
      processId: this.processId,
      adapters: this.#current?.keptAdapters ?? [],
      queued: this.#queue.length,
    };
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#end();
  }

  /** The live child process; started when there is none. */
  start(): Promise<ModelProcess> {
    if (this.#isDisposed) return Promise.reject(closed());
    if (this.#current?.isGone) this.#process = null;
    this.#process ??= this.#launch();
    return this.#process;
  }

  async #launch(): Promise<ModelProcess> {
    this.#current = null;
    this.#adapters = new Map();
    try {
      const started = await ModelProcess.start(this.#setup, this.#startTimeoutMs);
      this.#current = started;
      this.contextTokens = started.contextTokens;
      this.#restLater();
      return started;
    } catch (error) {
      this.#process = null;
      throw error;
    }
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const running = await this.#process?.catch(() => null);
    this.#process = null;
    await running?.end();
  }

  /** An idle model gives its memory back. */
  #restLater(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      void this.#queue.run('', undefined, () => this.#end());
    }, this.#idleMs).unref();
  }

  #stream(job: QueuedJob, { turn = '', signal }: GenerationOptions): AsyncIterable<GenerationEvent> {
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
    const events = new EventQueue<GenerationEvent>(() => stop.abort());
    this.#ask(job, turn, either, (event) => events.push(event)).then(
      () => events.end(),
      (error: unknown) => events.fail(error),
    );
    return events;
  }

  async #ask(
    job: QueuedJob,
    turn: string,
    signal: AbortSignal | undefined,
    onEvent?: (event: GenerationEvent) => void,
  ): Promise<JobResult> {
    try {
      return await this.#queue.run(turn, signal, async () => {
        const process = await this.#processFor(job.adapter);
        if (signal?.aborted) throw cancelled();
        return await process.ask(job, signal, onEvent);
      });
    } catch (error) {
      throw signal?.aborted ? cancelled() : error;
    } finally {
      if (!this.#isDisposed) this.#restLater();
    }
  }

  /** A process that can take this adapter: a new one when the file was replaced, or when this one holds too many. */
  async #processFor(adapter: string | null): Promise<ModelProcess> {
    if (adapter === null) return this.start();
    const identity = await identityOf(adapter);
    if (this.#current?.isGone) this.#process = null;
    const known = this.#process === null ? undefined : this.#adapters.get(adapter);
    const isReplaced = known !== undefined && known !== identity;
    const isTooMany =
      this.#process !== null && known === undefined && this.#adapters.size >= maxAdaptersPerProcess;
    if (isReplaced || isTooMany) await this.#end();
    const process = await this.start();
    this.#adapters.set(adapter, identity);
    return process;
  }
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

async function identityOf(adapter: string): Promise<string> {
  try {
    const facts = await stat(adapter);
    return `${facts.ino} ${facts.size} ${facts.mtimeMs}`;
  } catch (cause) {
    throw new GardenerError('models.adapter-missing', `There is no adapter file at ${adapter}.`, {
      remedy: 'Promote another adapter version with `gardener promote`, or train again.',
      details: { adapter },
      cause,
    });
  }
}

function closed(): GardenerError {
  return new GardenerError('models.runtime-closed', 'The model was already shut down.', {
    remedy: 'Start it again.',
  });
}
