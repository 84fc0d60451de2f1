import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { continuedText, noFillInTheMiddle } from '../runtime/fill-in-the-middle.js';
import type {
  ChatRequest,
  CompletionRequest,
  GenerationEvent,
  GenerationOptions,
  GenerationRuntime,
} from '../runtime/runtime.js';
import { ModelServer, openAiAddress } from './model-server.js';
import { type AdapterChoice, ServerRuntime, type ServerRuntimeOptions } from './server-runtime.js';

/** How long the list of the server's models is believed: an adapter that was loaded since is seen after it. */
const LIST_MS = 5_000;

const modelsAnswer = z.object({
  data: z
    .array(z.object({ id: z.string().max(1_000), max_model_len: z.number().int().positive().nullish() }))
    .max(10_000),
});
const streamChunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).optional(),
        text: z.string().nullish(),
        finish_reason: z.string().max(100).nullish(),
      }),
    )
    .max(16)
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.number().int().nonnegative(),
      completion_tokens: z.number().int().nonnegative().default(0),
    })
    .nullish(),
  error: z.unknown().optional(),
});

type ServedModel = z.infer<typeof modelsAnswer>['data'][number];

/**
 * Answers with a server that speaks the OpenAI API (vLLM, LM Studio, llama-server). A project's adapter is used when
 * the server lists a model of its name. An empty `model` means the only one there is; `contextTokens` are less where
 * the server says that the model holds less.
 * @throws GardenerError `models.server-*`, `models.bad-server-url`, `models.no-runtime-model`, `models.not-on-server`
 */
export async function startOpenAi(options: ServerRuntimeOptions): Promise<GenerationRuntime> {
  const { url, model, contextTokens, ...rest } = options;
  const server = new ModelServer({
    name: 'The model server',
    url: openAiAddress(url),
    remedy: 'Start it, or set runtimeUrl to where it runs.',
    ...rest,
  });
  const models = await listModels(server);
  const base = chooseBase(models, model, server.url);
  const most = base.max_model_len ?? Number.POSITIVE_INFINITY;
  return new OpenAiRuntime(server, base.id, Math.min(contextTokens, most));
}

class OpenAiRuntime extends ServerRuntime {
  readonly #server: ModelServer;
  #list: { models: Promise<ServedModel[]>; untilMs: number } | null = null;

  constructor(server: ModelServer, base: string, contextTokens: number) {
    super('The OpenAI API', base, contextTokens);
    this.#server = server;
  }

  async prepare(request: AdapterChoice): Promise<void> {
    await this.modelFor(request);
  }

  generate(request: ChatRequest): AsyncIterable<GenerationEvent> {
    return this.#stream('/chat/completions', { messages: request.messages }, request);
  }

  async *complete(request: CompletionRequest): AsyncGenerator<GenerationEvent, void> {
    // Most of these servers pass over a suffix in silence, and the answer would be a plain continuation.
    if (request.suffix !== undefined) throw noFillInTheMiddle();
    const { place } = request;
    const before = request.prompt + (request.typed ?? '');
    const prompt = continuedText({ before, ...(place && { place }) });
    yield* this.#stream('/completions', { prompt }, request);
  }

  async *#stream(
    path: string,
    what: object,
    request: GenerationOptions,
  ): AsyncGenerator<GenerationEvent, void> {
    const model = await this.modelFor(request);
    const { maxTokens, temperature, seed, stop, signal } = request;
    const json = {
      ...what,
      model,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: maxTokens,
      temperature,
      ...(seed !== undefined && { seed }),
      // The API takes four at most.
      ...(stop !== undefined && stop.length > 0 && { stop: stop.slice(0, 4) }),
    };
    let reason: string | null = null;
    let usage = { prompt_tokens: 0, completion_tokens: 0 };
    for await (const line of this.#server.lines({ path, json, signal })) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice('data:'.length).trim();
      if (data === '[DONE]') break;
      const parsed = streamChunk.safeParse(this.#server.parse(data));
      if (!parsed.success) throw this.#server.badAnswer('an event of it has an unknown form');
      const { choices, error, usage: counted } = parsed.data;
      if (error !== undefined && error !== null) throw this.#server.refused(200, JSON.stringify(error));
      const [choice] = choices;
      const text = choice?.delta?.content ?? choice?.text ?? '';
      if (text !== '') yield { type: 'text', text };
      reason = choice?.finish_reason ?? reason;
      usage = counted ?? usage;
    }
    if (reason === null) throw this.#server.badAnswer('it broke off');
    yield {
      type: 'end',
      reason: reason === 'length' ? 'length' : 'stop',
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
    };
  }

  protected async adapterModel(adapter: string, name = ''): Promise<string> {
    const models = await this.#models();
    if (models.some(({ id }) => id === name)) {
      this.ready.add(name);
      return name;
    }
    this.ready.delete(name);
    throw new GardenerError(
      'models.adapter-not-served',
      `The model server does not serve the adapter ${name}.`,
      {
        remedy: `Load the adapter there under the name ${name} (vLLM: --lora-modules), or set runtimeProvider to llama-cpp.`,
        details: { name, adapter, served: models.slice(0, 50).map(({ id }) => id) },
      },
    );
  }

  /** Asked for all callers, so that one who leaves does not take the answer from the others. */
  #models(): Promise<ServedModel[]> {
    if (this.#list === null || this.#list.untilMs < performance.now()) {
      const models = listModels(this.#server);
      this.#list = { models, untilMs: performance.now() + LIST_MS };
      models.catch(() => {
        this.#list = null;
      });
    }
    return this.#list.models;
  }
}

async function listModels(server: ModelServer): Promise<ServedModel[]> {
  const parsed = modelsAnswer.safeParse(await server.json({ path: '/models' }));
  if (!parsed.success) throw server.badAnswer('it holds no list of models');
  return parsed.data.data;
}

function chooseBase(models: readonly ServedModel[], wanted: string, url: string): ServedModel {
  const listed =
    models
      .map(({ id }) => id)
      .slice(0, 20)
      .join(', ') || 'none';
  const found = wanted === '' && models.length === 1 ? models[0] : models.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  if (wanted === '') {
    throw new GardenerError(
      'models.no-runtime-model',
      'It is not set which model of the server is the base model.',
      {
        remedy: `Set runtimeModel to one of those it serves: ${listed}.`,
        details: { url },
      },
    );
  }
  throw new GardenerError('models.not-on-server', `The model server has no model ${wanted}.`, {
    remedy: `Set runtimeModel to one of those it serves: ${listed}.`,
    details: { wanted, url },
  });
}
