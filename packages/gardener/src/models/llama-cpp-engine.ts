import { stat } from 'node:fs/promises';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token, TokenBias } from 'node-llama-cpp';
import { GardenerError } from '../garden/errors.js';
import { freeCores } from './free-cores.js';
import { type BiasToken, scoreTokens } from './llama-cpp-score.js';
import { type ConversationEncoder, conversationEncoder } from './llama-cpp-tokens.js';
import type { TokenScores } from './runtime.js';
import type { RuntimeSetup } from './runtime-messages.js';

/** llama.cpp keeps every adapter it has read until the model goes, so the model is loaded anew after so many. */
const maxAdaptersPerModel = 16;

/** Lines of llama.cpp's log kept to explain a failure. */
const maxLogLines = 40;

interface Loaded {
  model: LlamaModel;
  encode: ConversationEncoder;
  /** Oldest use first. Key: adapter path, or '' for the base. */
  contexts: Map<string, { context: LlamaContext; sequence: LlamaContextSequence }>;
  /** What each adapter file was when it was read: llama.cpp never looks at the file again. */
  adapters: Map<string, string>;
}

/**
 * One base model in this process, with a context for each recently used adapter. Not safe for overlapping calls:
 * its user runs one job at a time.
 */
export class LlamaCppEngine {
  readonly #setup: RuntimeSetup;
  readonly #llama: Llama;
  readonly #tokenBias: typeof TokenBias;
  readonly #log: string[];
  #loaded: Loaded;

  private constructor(
    setup: RuntimeSetup,
    llama: Llama,
    tokenBias: typeof TokenBias,
    log: string[],
    loaded: Loaded,
  ) {
    this.#setup = setup;
    this.#llama = llama;
    this.#tokenBias = tokenBias;
    this.#log = log;
    this.#loaded = loaded;
  }

  /** @throws GardenerError `models.bad-model`, `models.no-llama-cpp` */
  static async start(setup: RuntimeSetup): Promise<LlamaCppEngine> {
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
          if (log.length > maxLogLines) log.shift();
        },
      })
      .catch(noLlamaCpp);
    return new LlamaCppEngine(setup, llama, native.TokenBias, log, await load(llama, setup, log));
  }

  get model(): LlamaModel {
    return this.#loaded.model;
  }

  /** Never more than the base was trained for. */
  get contextTokens(): number {
    return Math.min(this.#setup.contextTokens, this.model.trainContextSize);
  }

  /** Tokens of a conversation in the base's chat template, ending with the opening of the assistant's turn. */
  get encode(): ConversationEncoder {
    return this.#loaded.encode;
  }

  /** @throws GardenerError `models.prompt-too-long`, `models.adapter-missing`, `models.bad-adapter` */
  async score(tokens: readonly number[], adapter: string | null): Promise<TokenScores> {
    if (tokens.length < 2) throw new Error('score needs at least two tokens');
    requireFit(tokens.length, this.contextTokens);
    const sequence = await this.sequence(adapter);
    const biasToken: BiasToken = (token, logits) =>
      this.#tokenBias.for(this.model).set(token, { logit: logits });
    return scoreTokens(sequence, tokens as readonly Token[], biasToken);
  }

  /**
   * An empty sequence of a context with this adapter.
   * @throws GardenerError `models.adapter-missing`, `models.bad-adapter`
   */
  async sequence(adapter: string | null): Promise<LlamaContextSequence> {
    const key = adapter ?? '';
    const identity = adapter === null ? '' : await identityOf(adapter);
    const { adapters } = this.#loaded;
    const replaced = adapter !== null && adapters.has(key) && adapters.get(key) !== identity;
    const tooMany = adapter !== null && !adapters.has(key) && adapters.size >= maxAdaptersPerModel;
    if (replaced || tooMany) await this.#reload();

    const { contexts } = this.#loaded;
    const known = contexts.get(key);
    if (known !== undefined) {
      contexts.delete(key);
      contexts.set(key, known);
      await known.sequence.clearHistory();
      return known.sequence;
    }
    while (contexts.size >= this.#setup.keptContexts) await this.#dropOldestContext();
    const context = await this.#createContext(adapter);
    const sequence = context.getSequence();
    contexts.set(key, { context, sequence });
    if (adapter !== null) this.#loaded.adapters.set(key, identity);
    return sequence;
  }

  async #createContext(adapter: string | null): Promise<LlamaContext> {
    this.#log.length = 0;
    const threads = this.#setup.threads || (await freeCores(this.#llama.cpuMathCores));
    try {
      return await this.model.createContext({
        contextSize: this.contextTokens,
        batchSize: Math.min(512, this.contextTokens),
        threads,
        failedCreationRemedy: false,
        ...(adapter !== null && { lora: adapter }),
      });
    } catch (cause) {
      if (adapter !== null && /lora/i.test(String(cause))) throw badAdapter(adapter, this.#log, cause);
      throw new GardenerError('models.context-failed', 'The model’s context could not be set up.', {
        remedy: 'Close other programs to free memory, or choose a smaller base model.',
        details: { log: [...this.#log] },
        retryable: true,
        cause,
      });
    }
  }

  async #dropOldestContext(): Promise<void> {
    const [oldest] = this.#loaded.contexts;
    if (oldest === undefined) return;
    this.#loaded.contexts.delete(oldest[0]);
    await oldest[1].context.dispose();
  }

  async #reload(): Promise<void> {
    while (this.#loaded.contexts.size > 0) await this.#dropOldestContext();
    await this.#loaded.model.dispose();
    this.#loaded = await load(this.#llama, this.#setup, this.#log);
  }
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

async function load(llama: Llama, setup: RuntimeSetup, log: string[]): Promise<Loaded> {
  try {
    const model = await llama.loadModel({ modelPath: setup.modelPath });
    const encode = await conversationEncoder(model, setup.modelPath);
    return { model, encode, contexts: new Map(), adapters: new Map() };
  } catch (cause) {
    throw new GardenerError('models.bad-model', `llama.cpp cannot load ${setup.modelPath}.`, {
      remedy: 'Run `gardener doctor`; fetch the model again if its file is damaged.',
      details: { log: [...log], reason: String(cause) },
      cause,
    });
  }
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
      'Run `npm ci` again without --omit=optional; there are builds for Linux, macOS and Windows on x64 and arm64.',
    details: { reason: String(cause) },
    cause,
  });
}
