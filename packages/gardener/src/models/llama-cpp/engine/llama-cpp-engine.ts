import { LRUCache } from 'lru-cache';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token, TokenBias } from 'node-llama-cpp';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { TokenScores } from '../../runtime/runtime.js';
import { fasterFile } from './faster-file.js';
import { CoreWatch } from './free-cores.js';
import { type PromptEncoders, promptEncoders } from './prompt-encoders.js';
import { type BiasToken, scoreTokens } from './score-tokens.js';

/** Lines of llama.cpp's log kept to explain a failure. */
const MAX_LOG_LINES = 40;

/** Tokens of a typed completion's prompt and text: its prompt is short, so that it comes soon. */
const TYPED_CONTEXT_TOKENS = 3_072;
/** Small, since every key press brings few new tokens, and the memory for a step grows with it. */
export const TYPED_STEP = 64;
const CHAT_BATCH = 512;

/** How an engine is set up. */
export interface EngineSetup {
  modelPath: string;
  /** 0 = the cores that are free. */
  threads: number;
  contextTokens: number;
  /** Contexts (one per adapter) kept ready. */
  keptContexts: number;
  /** Folder for copies of models that this machine computes faster; null loads the own file. */
  copies: string | null;
}

/** The adapter of a job. */
export interface AdapterInUse {
  file: string;
  /** Factor on its effect, above 0. */
  strength: number;
}

/** The key-value cache of one adapter at one strength: which prompt tokens are in it. */
export interface KeptContext {
  /** Null for the base. */
  adapterFile: string | null;
  context: LlamaContext;
  sequence: LlamaContextSequence;
  /** Tokens of the last prompt that were evaluated in whole steps, and that a prompt which begins with them may use. */
  steps: readonly Token[];
}

/**
 * One base model in this process, with a context for each recently used adapter. Not safe for overlapping calls:
 * its user runs one job at a time.
 */
export class LlamaCppEngine {
  readonly model: LlamaModel;
  /** Tokens of a conversation in the base's chat template, ending with the opening of the assistant's turn. */
  readonly encode: PromptEncoders['conversation'];
  /** Tokens of a text with a gap, in the base's fill-in-the-middle form. */
  readonly encodeGap: PromptEncoders['gap'];
  /** The tokens of that form: what is written before one of them is the filling. */
  readonly markers: PromptEncoders['markers'];
  readonly #setup: EngineSetup;
  readonly #llama: Llama;
  readonly #tokenBias: typeof TokenBias;
  readonly #log: string[];
  readonly #cores: CoreWatch;
  /** By adapter path and strength, or '' for the base. */
  readonly #contexts: LRUCache<string, KeptContext>;
  /** The same for code that is typed: a question in between does not cost what is known of the file. */
  readonly #typed: LRUCache<string, KeptContext>;

  private constructor(
    setup: EngineSetup,
    llama: Llama,
    model: LlamaModel,
    encoders: PromptEncoders,
    tokenBias: typeof TokenBias,
    log: string[],
    cores: CoreWatch,
  ) {
    this.#setup = setup;
    this.#llama = llama;
    this.model = model;
    this.encode = encoders.conversation;
    this.encodeGap = encoders.gap;
    this.markers = encoders.markers;
    this.#tokenBias = tokenBias;
    this.#log = log;
    this.#cores = cores;
    this.#contexts = new LRUCache({ max: setup.keptContexts });
    this.#typed = new LRUCache({ max: setup.keptContexts });
  }

  /** @throws GardenerError `models.bad-model`, `models.no-llama-cpp` */
  static async start(setup: EngineSetup): Promise<LlamaCppEngine> {
    const log: string[] = [];
    const native = await import('node-llama-cpp').catch(noLlamaCpp);
    const llama = await native
      .getLlama({
        // Metal comes with every Mac; elsewhere the CPU build is the one that is installed.
        gpu: process.platform === 'darwin' ? 'auto' : false,
        build: 'never',
        progressLogs: false,
        maxThreads: setup.threads,
        logLevel: native.LlamaLogLevel.warn,
        logger: (_level, message) => {
          log.push(message.trim());
          if (log.length > MAX_LOG_LINES) log.shift();
        },
      })
      .catch(noLlamaCpp);
    // Also in the middle of an answer: the next token is computed with as many threads.
    const cores = new CoreWatch(setup.threads, llama.cpuMathCores, (threads) => {
      llama.maxThreads = threads;
    });
    const { model, encoders } = await load(llama, setup, log);
    return new LlamaCppEngine(setup, llama, model, encoders, native.TokenBias, log, cores);
  }

  /** Never more than the base was trained for. */
  get contextTokens(): number {
    return Math.min(this.#setup.contextTokens, this.model.trainContextSize);
  }

  /** The same for completions while somebody types. */
  get typedContextTokens(): number {
    return Math.min(this.contextTokens, TYPED_CONTEXT_TOKENS);
  }

  /** Files of the adapters that have a context, the one used last at the end. */
  get keptAdapters(): string[] {
    const newestFirst = [...this.#contexts.values(), ...this.#typed.values()];
    return [...new Set(newestFirst.flatMap((kept) => kept?.adapterFile ?? []))].reverse();
  }

  /** @throws GardenerError `models.prompt-too-long`, `models.bad-adapter` */
  async score(tokens: readonly number[], adapter: AdapterInUse | null): Promise<TokenScores> {
    if (tokens.length < 2) throw new Error('score needs at least two tokens');
    requireFit(tokens.length, this.contextTokens);
    const kept = await this.contextFor(adapter);
    kept.steps = [];
    await kept.sequence.clearHistory();
    const biasToken: BiasToken = (token, logits) =>
      this.#tokenBias.for(this.model).set(token, { logit: logits });
    return scoreTokens(kept.sequence, tokens as readonly Token[], biasToken);
  }

  /**
   * Sets up the context of an adapter and reads the weights once, so that the first answer finds them in memory.
   * @throws GardenerError `models.bad-adapter`
   */
  async prepare(adapter: AdapterInUse | null): Promise<void> {
    const isReady = this.#contexts.has(keyOf(adapter));
    const kept = await this.contextFor(adapter);
    if (isReady) return;
    await kept.sequence.evaluateWithoutGeneratingNewTokens([this.model.tokens.bos ?? (0 as Token)]);
    await kept.sequence.clearHistory();
  }

  /**
   * The context of this adapter at its strength, with what its last prompt left in it.
   * @throws GardenerError `models.bad-adapter`, `models.context-failed`
   */
  contextFor(adapter: AdapterInUse | null): Promise<KeptContext> {
    return this.#keptIn(this.#contexts, adapter, this.contextTokens, CHAT_BATCH);
  }

  /** The context in which code is completed that somebody types. @throws as `contextFor` */
  typedContextFor(adapter: AdapterInUse | null): Promise<KeptContext> {
    return this.#keptIn(this.#typed, adapter, this.typedContextTokens, TYPED_STEP);
  }

  async #keptIn(
    contexts: LRUCache<string, KeptContext>,
    adapter: AdapterInUse | null,
    contextTokens: number,
    batch: number,
  ): Promise<KeptContext> {
    const key = keyOf(adapter);
    let kept = contexts.get(key);
    if (kept === undefined) {
      // The one used longest ago goes first: the memory of both may not be there.
      while (contexts.size >= contexts.max) await contexts.pop()?.context.dispose();
      const context = await this.#createContext(adapter, contextTokens, batch);
      const sequence = context.getSequence();
      kept = { adapterFile: adapter?.file ?? null, context, sequence, steps: [] };
      contexts.set(key, kept);
    }
    this.#llama.maxThreads = this.#cores.free;
    return kept;
  }

  /** To be called when a job begins, and `rest` when it ends. */
  work(): void {
    this.#cores.begin();
  }

  rest(): void {
    this.#cores.end();
  }

  async #createContext(
    adapter: AdapterInUse | null,
    contextTokens: number,
    batch: number,
  ): Promise<LlamaContext> {
    this.#log.length = 0;
    // A context keeps the limit on threads that holds while it is made.
    this.#llama.maxThreads = this.#cores.most;
    try {
      return await this.model.createContext({
        contextSize: contextTokens,
        batchSize: Math.min(batch, contextTokens),
        threads: { ideal: this.#cores.most, min: 1 },
        failedCreationRemedy: false,
        ...(adapter !== null && {
          lora: { adapters: [{ filePath: adapter.file, scale: adapter.strength }] },
        }),
      });
    } catch (cause) {
      if (adapter !== null && /lora/i.test(String(cause))) throw badAdapter(adapter.file, this.#log, cause);
      throw new GardenerError('models.context-failed', 'The model’s context could not be set up.', {
        remedy: 'Close other programs to free memory, or choose a smaller base model.',
        details: { log: [...this.#log] },
        retryable: true,
        cause,
      });
    }
  }
}

function keyOf(adapter: AdapterInUse | null): string {
  return adapter === null ? '' : `${adapter.file} ${adapter.strength}`;
}

/**
 * Refuses a prompt that leaves no room for an answer.
 * @throws GardenerError `models.prompt-too-long`
 */
export function requireFit(tokens: number, contextTokens: number): void {
  if (tokens <= contextTokens) return;
  throw new GardenerError(
    'models.prompt-too-long',
    `The prompt has ${tokens} tokens and the model's context holds ${contextTokens}.`,
    {
      remedy: 'Ask for less at once, or choose a base model with a longer context.',
      details: { tokens, contextTokens },
    },
  );
}

async function load(llama: Llama, setup: EngineSetup, log: string[]) {
  const { modelPath, copies } = setup;
  try {
    const file = copies === null ? modelPath : await fasterFile(modelPath, copies);
    const model = await llama.loadModel({ modelPath: file });
    return { model, encoders: await promptEncoders(model, modelPath) };
  } catch (cause) {
    throw new GardenerError('models.bad-model', `llama.cpp cannot load ${setup.modelPath}.`, {
      remedy: 'Run `gardener doctor`; fetch the model again if its file is damaged.',
      details: { log: [...log], reason: String(cause) },
      cause,
    });
  }
}

function badAdapter(adapter: string, log: readonly string[], cause: unknown): GardenerError {
  const reason = log.findLast((line) => /lora|adapter/i.test(line)) ?? null;
  return new GardenerError(
    'models.bad-adapter',
    `The adapter ${adapter} cannot be used with this base model: it is damaged or made for another one.`,
    {
      remedy: 'Promote another adapter version with `gardener promote`, or train again.',
      details: { adapter, reason },
      cause,
    },
  );
}

function noLlamaCpp(cause: unknown): never {
  throw new GardenerError('models.no-llama-cpp', 'llama.cpp cannot be started on this machine.', {
    remedy:
      'Install Gardener again (npm ci in a checkout), with optional dependencies; gardener doctor says what is wrong.',
    details: { reason: String(cause) },
    cause,
  });
}
