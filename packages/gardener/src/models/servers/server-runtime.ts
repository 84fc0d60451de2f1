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
import { estimateTokens } from './estimate-tokens.js';

/** How a runtime on a server is started. */
export interface ServerRuntimeOptions {
  /** Such as http://127.0.0.1:8000/v1. */
  url: string;
  apiKey?: string;
  /** Name of the base model on the server. */
  model: string;
  contextTokens: number;
  retries?: number;
  firstWaitMs?: number;
}

/** What chooses between the base model and an adapter. */
export type AdapterChoice = Pick<GenerationOptions, 'adapter' | 'adapterStrength' | 'adapterName' | 'signal'>;

/**
 * What the runtimes share whose model another program runs: it queues by itself, does not count tokens (so they are
 * estimated) and tells no probabilities. An adapter is a model of its own there.
 */
export abstract class ServerRuntime implements GenerationRuntime {
  /** Names of the models with an adapter that are known to be there. */
  protected readonly ready = new Set<string>();

  /**
   * @param program for messages, at the start of a sentence
   * @param base the base model's name there
   */
  constructor(
    private readonly program: string,
    protected readonly base: string,
    readonly contextTokens: number,
  ) {}

  abstract prepare(request: AdapterChoice): Promise<void>;
  abstract generate(request: ChatRequest): AsyncIterable<GenerationEvent>;
  abstract complete(request: CompletionRequest): AsyncIterable<GenerationEvent>;

  /**
   * The name of the model that answers with an adapter at a strength above 0.
   * @throws GardenerError when there is none
   */
  protected abstract adapterModel(
    adapter: string,
    name: string | undefined,
    strength: number,
  ): Promise<string>;

  protected async modelFor({ adapter, adapterName, adapterStrength = 1 }: AdapterChoice): Promise<string> {
    if (adapter === null || adapterStrength === 0) return this.base;
    return this.adapterModel(adapter, adapterName, adapterStrength);
  }

  async score(): Promise<TokenScores> {
    throw new GardenerError(
      'models.no-scores',
      `${this.program} does not tell the probability of given tokens.`,
      { remedy: 'Set runtimeProvider to llama-cpp for this.' },
    );
  }

  async countTokens(text: string): Promise<number> {
    return estimateTokens(text);
  }

  state(): RuntimeState {
    return { processId: null, adapters: [...this.ready], queued: 0 };
  }

  async dispose(): Promise<void> {}
}
