import { stat } from 'node:fs/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { fileVersion } from '../../garden/files/file-version.js';
import type { JobOptions } from '../../garden/processes/job-process.js';
import { KeptProcess } from '../../garden/processes/kept-process.js';
import { withRestarts } from '../../garden/processes/restarts.js';
import { cancelled } from '../runtime/cancelled.js';
import type {
  ChatRequest,
  CompletionRequest,
  GenerationEvent,
  GenerationOptions,
  GenerationRuntime,
  RuntimeState,
} from '../runtime/runtime.js';
import type { GenerationJobOptions } from './engine/generate-tokens.js';
import type { AdapterInUse, EngineSetup } from './engine/llama-cpp-engine.js';
import { EventQueue } from './event-queue.js';
import { FairQueue } from './fair-queue.js';
import { type LlamaCppProcess, startLlamaCppProcess } from './llama-cpp-process.js';
import type { KeptAdapters, LlamaCppProtocol } from './llama-cpp-protocol.js';

/** Options of {@link startLlamaCpp}. */
export interface LlamaCppOptions {
  /** 0 = the physical cores that others leave free, looked at again and again: more threads than that are slower. */
  threads: number;
  /** Tokens of prompt and answer together; the base's own limit where that is lower. */
  contextTokens: number;
  /** Adapters (the base counts as one) kept ready to answer at once. Defaults to 3. */
  keptContexts?: number;
  /** How long the model may take to load. Defaults to 120 s. */
  startTimeoutMs?: number;
  /**
   * After so long without a call the process is ended, and its memory is free; the next call starts it.
   * Defaults to 15 min.
   */
  idleMs?: number;
  /**
   * Whether an answer is given only when all of it is there, for who reads none of it earlier: it can then be begun
   * again when the process dies in the middle. Defaults to false.
   */
  whole?: boolean;
  /** Folder for copies of models that this machine computes faster. Defaults to none: the own file is loaded. */
  copies?: string | undefined;
}

/** llama.cpp keeps every adapter it has read until the model goes, so the process is replaced after so many. */
const MAX_ADAPTERS_PER_PROCESS = 16;
const START_TIMEOUT_MS = 120_000;
const IDLE_MS = 15 * 60_000;
const KEPT_CONTEXTS = 3;

/**
 * Starts llama.cpp with one base model in a process of its own. When that process dies, it is started again, twice at
 * most, and the call in progress is begun again; one that has already given words fails with `models.runtime-died`.
 * @param modelPath a GGUF base model
 * @throws GardenerError `models.bad-model`, `models.no-llama-cpp`, `models.runtime-died`
 */
export async function startLlamaCpp(modelPath: string, options: LlamaCppOptions): Promise<LlamaCppRuntime> {
  const { threads, contextTokens, keptContexts = KEPT_CONTEXTS } = options;
  const setup = { modelPath, threads, contextTokens, keptContexts, copies: options.copies ?? null };
  const runtime = new ProcessRuntime(setup, options);
  await runtime.start();
  return runtime;
}

/** A GenerationRuntime in a child process of this one. */
export interface LlamaCppRuntime extends GenerationRuntime {
  /** Of the child process, for measuring it; null while there is none. */
  readonly processId: number | null;
}

/** The options of a call that waits for its turn. */
type TurnOptions = Pick<GenerationOptions, 'adapter' | 'adapterStrength' | 'turn' | 'signal'>;

class ProcessRuntime implements LlamaCppRuntime {
  contextTokens: number;
  readonly #setup: EngineSetup;
  readonly #startTimeoutMs: number;
  readonly #idleMs: number;
  readonly #givesWhole: boolean;
  readonly #queue = new FairQueue();
  /** Who types does not wait for an answer that is being written: the process does both, step by step. */
  readonly #typing = new FairQueue();
  readonly #kept = new KeptProcess<LlamaCppProtocol>(() => this.#launch());
  /** What each adapter file was when this process read it: llama.cpp never looks at the file again. */
  #adapters = new Map<string, string>();
  /** Adapter files that have a context in this process, the one used last at the end. */
  #keptAdapters: string[] = [];
  /** Of the model's file when it was loaded first: adapters were chosen for that one. */
  #version: string | null | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(setup: EngineSetup, options: LlamaCppOptions) {
    this.#givesWhole = options.whole ?? false;
    this.#setup = setup;
    this.#startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.contextTokens = setup.contextTokens;
  }

  /** Loads the model, where that is not done. */
  async start(): Promise<void> {
    await this.#kept.run(async () => undefined);
  }

  get processId(): number | null {
    return this.#kept.living?.pid ?? null;
  }

  async prepare(request: TurnOptions): Promise<void> {
    const { signal } = request;
    const input = { adapter: adapterInUse(request) };
    await this.#inTurn(request, (process) => process.run('prepare', input, { signal }));
  }

  generate(request: ChatRequest): AsyncIterable<GenerationEvent> {
    const input = { messages: request.messages, ...jobOptions(request) };
    return this.#stream(request, (process, options) => process.run('generate', input, options));
  }

  complete(request: CompletionRequest): AsyncIterable<GenerationEvent> {
    const { prompt, suffix = null, place = null, typed = null } = request;
    const input = { prompt, suffix, place, typed, ...jobOptions(request) };
    return this.#stream(
      request,
      (process, options) => process.run('complete', input, options),
      typed === null ? this.#queue : this.#typing,
    );
  }

  async score(request: { tokens: readonly number[] } & TurnOptions) {
    const { signal } = request;
    const input = { tokens: [...request.tokens], adapter: adapterInUse(request) };
    const { scores } = await this.#inTurn(request, (process) => process.run('score', input, { signal }));
    return scores;
  }

  /** Waits for nobody: a tokenizer works while the model writes. */
  async countTokens(text: string): Promise<number> {
    // If the process is replaced meanwhile, or another call kills it, counting can simply be repeated.
    return this.#kept.run((process) => process.run('count', text));
  }

  state(): RuntimeState {
    return {
      processId: this.processId,
      adapters: this.#kept.living === null ? [] : this.#keptAdapters,
      queued: this.#queue.length + this.#typing.length,
    };
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#idle);
    await this.#kept.close(closed);
  }

  async #launch(): Promise<LlamaCppProcess> {
    this.#adapters = new Map();
    this.#keptAdapters = [];
    const version = await fileVersion(this.#setup.modelPath);
    if (this.#version !== undefined && version !== this.#version) throw replaced();
    this.#version = version;
    const started = await startLlamaCppProcess(this.#setup, this.#startTimeoutMs);
    this.contextTokens = started.ready.contextTokens;
    this.#restLater();
    return started;
  }

  /** An idle model gives its memory back. */
  #restLater(): void {
    clearTimeout(this.#idle);
    if (this.#isDisposed) return;
    this.#idle = setTimeout(() => {
      void this.#whenUnused('', undefined, () => this.#kept.end());
    }, this.#idleMs).unref();
  }

  #stream(
    request: TurnOptions,
    job: (process: LlamaCppProcess, options: JobOptions<GenerationEvent>) => Promise<KeptAdapters>,
    queue = this.#queue,
  ): AsyncIterable<GenerationEvent> {
    const stop = new AbortController();
    const signal =
      request.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, request.signal]);
    const events = new EventQueue<GenerationEvent>(() => stop.abort());
    let given = false;
    const give = (event: GenerationEvent) => {
      given = true;
      events.push(event);
    };
    const write = async (process: LlamaCppProcess): Promise<KeptAdapters> => {
      if (!this.#givesWhole) return job(process, { signal, onProgress: give });
      const all: GenerationEvent[] = [];
      const result = await job(process, { signal, onProgress: (event) => all.push(event) });
      for (const event of all) give(event);
      return result;
    };
    this.#inTurn({ ...request, signal }, write, queue, () => given).then(
      () => events.end(),
      (error: unknown) => events.fail(error),
    );
    return events;
  }

  /** @param tooLate whether the job may not be begun again when the process dies */
  async #inTurn<Result extends KeptAdapters>(
    request: TurnOptions,
    job: (process: LlamaCppProcess) => Promise<Result>,
    queue = this.#queue,
    tooLate = () => false,
  ): Promise<Result> {
    const { turn = '', signal } = request;
    const adapter = adapterInUse(request)?.file ?? null;
    const attempt = async () => {
      const result = await job(await this.#processFor(adapter));
      this.#keptAdapters = result.keptAdapters;
      return result;
    };
    try {
      for (;;) {
        await this.#makeFit(adapter, turn, signal);
        const done = await queue.run(turn, signal, async () =>
          // Another call may have used up the process's room for adapters while this one waited for its turn.
          (await this.#isUnfitFor(adapter))
            ? null
            : { result: await withRestarts(attempt, { signal, tooLate }) },
        );
        if (done !== null) return done.result;
      }
    } catch (error) {
      throw signal?.aborted ? cancelled() : error;
    } finally {
      this.#restLater();
    }
  }

  /** Ends a process that cannot take this adapter, once no other call uses it; the next use starts a new one. */
  async #makeFit(adapter: string | null, turn: string, signal: AbortSignal | undefined): Promise<void> {
    if (!(await this.#isUnfitFor(adapter))) return;
    await this.#whenUnused(turn, signal, async () => {
      if (await this.#isUnfitFor(adapter)) await this.#kept.end();
    });
  }

  /** Runs something while no call uses the process. Whoever needs both places takes them here, in this order. */
  #whenUnused(turn: string, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    return this.#queue.run(turn, signal, () => this.#typing.run(turn, signal, work));
  }

  /** The process, started where there is none, with what is known of the adapter's file noted. */
  async #processFor(adapter: string | null): Promise<LlamaCppProcess> {
    const process = await this.#kept.start();
    if (adapter !== null) this.#adapters.set(adapter, await identityOf(adapter));
    return process;
  }

  /** Whether the living process cannot take this adapter: its file was replaced since, or there are too many. */
  async #isUnfitFor(adapter: string | null): Promise<boolean> {
    if (adapter === null || this.#kept.living === null) return false;
    const identity = await identityOf(adapter);
    const known = this.#adapters.get(adapter);
    return known === undefined ? this.#adapters.size >= MAX_ADAPTERS_PER_PROCESS : known !== identity;
  }
}

function jobOptions(request: GenerationOptions): GenerationJobOptions {
  return {
    adapter: adapterInUse(request),
    maxTokens: request.maxTokens,
    temperature: request.temperature,
    seed: request.seed ?? null,
    repeatPenalty: request.repeatPenalty ?? 1,
    stop: request.stop ?? [],
  };
}

/** At strength 0 the base answers, whatever is in the adapter's file. */
function adapterInUse({
  adapter,
  adapterStrength = 1,
}: Pick<GenerationOptions, 'adapter' | 'adapterStrength'>): AdapterInUse | null {
  return adapter === null || adapterStrength === 0 ? null : { file: adapter, strength: adapterStrength };
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

function replaced(): GardenerError {
  return new GardenerError('models.runtime-closed', 'The model’s file was replaced while it was in use.', {
    remedy: 'Try again: it is started anew with what is there now.',
    retryable: true,
  });
}

function closed(): GardenerError {
  return new GardenerError('models.runtime-closed', 'The model was already shut down.', {
    remedy: 'Start it again.',
  });
}
