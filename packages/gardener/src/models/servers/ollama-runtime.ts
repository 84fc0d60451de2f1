import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { isRefusal, Ollama } from './ollama.js';
import { type AdapterChoice, ServerRuntime, type ServerRuntimeOptions } from './server-runtime.js';

const streamLine = z.object({
  message: z.object({ content: z.string() }).optional(),
  response: z.string().optional(),
  done: z.boolean().optional(),
  done_reason: z.string().max(100).optional(),
  prompt_eval_count: z.number().int().nonnegative().optional(),
  eval_count: z.number().int().nonnegative().optional(),
  error: z.string().optional(),
});

/**
 * Answers with a base model on Ollama, and with adapters: for each, Ollama makes a model of its own of the base and the
 * adapter's file. An empty `url` means this machine.
 * @throws GardenerError `models.server-down`, `models.server-too-old`,
 * `models.not-on-server`, `models.no-runtime-model`
 */
export async function startOllama(options: ServerRuntimeOptions): Promise<GenerationRuntime> {
  const { model, contextTokens, ...server } = options;
  if (model === '') {
    throw new GardenerError(
      'models.no-runtime-model',
      'It is not set which model of Ollama is the base model.',
      {
        remedy: 'Set runtimeModel to its name, as `ollama list` shows it.',
      },
    );
  }
  const ollama = new Ollama(server);
  await ollama.checkVersion();
  if (!(await ollama.has(model))) {
    throw new GardenerError('models.not-on-server', `Ollama has no model ${model}.`, {
      remedy: `Fetch it: gardener models pull ${model}.`,
      details: { model, url: ollama.server.url },
    });
  }
  return new OllamaRuntime(ollama, model, contextTokens);
}

class OllamaRuntime extends ServerRuntime {
  readonly #ollama: Ollama;
  /** By adapter file with its size, times and strength: the name of the model made of it. */
  readonly #made = new Map<string, Promise<string>>();
  /** By name of a model that was made: its key in `#made`. */
  readonly #keys = new Map<string, string>();

  constructor(ollama: Ollama, base: string, contextTokens: number) {
    super('Ollama', base, contextTokens);
    this.#ollama = ollama;
  }

  /** Makes the model and has Ollama load it. */
  async prepare(request: AdapterChoice): Promise<void> {
    const model = await this.modelFor(request);
    const json = { model, prompt: '', stream: false, options: { num_ctx: this.contextTokens } };
    await this.#ollama.server.json({ path: '/api/generate', json, signal: request.signal });
  }

  generate(request: ChatRequest): AsyncIterable<GenerationEvent> {
    return this.#stream('/api/chat', { messages: request.messages }, request);
  }

  async *complete(request: CompletionRequest): AsyncGenerator<GenerationEvent, void> {
    const { suffix, place } = request;
    const prompt = continuedText({
      before: request.prompt + (request.typed ?? ''),
      ...(place && { place }),
    });
    // With a suffix Ollama uses the model's own form for a gap; else the text goes in as it is.
    const what = suffix === undefined ? { prompt, raw: true } : { prompt, suffix };
    try {
      yield* this.#stream('/api/generate', what, request);
    } catch (error) {
      if (suffix !== undefined && isRefusal(error, 400)) throw noFillInTheMiddle();
      throw error;
    }
  }

  async *#stream(
    path: string,
    what: object,
    request: GenerationOptions,
  ): AsyncGenerator<GenerationEvent, void> {
    const model = await this.modelFor(request);
    const json = { ...what, model, stream: true, options: this.#options(request) };
    for await (const text of this.#ollama.server.lines({ path, json, signal: request.signal })) {
      const parsed = streamLine.safeParse(this.#ollama.server.parse(text));
      if (!parsed.success) throw this.#ollama.server.badAnswer('a line of it has an unknown form');
      const { message, response, done, error, ...counts } = parsed.data;
      if (error !== undefined) throw this.#ollama.server.refused(200, error);
      const written = message?.content ?? response ?? '';
      if (written !== '') yield { type: 'text', text: written };
      if (done !== true) continue;
      yield {
        type: 'end',
        reason: counts.done_reason === 'length' ? 'length' : 'stop',
        promptTokens: counts.prompt_eval_count ?? 0,
        completionTokens: counts.eval_count ?? 0,
      };
      return;
    }
    throw this.#ollama.server.badAnswer('it broke off');
  }

  #options({ maxTokens, temperature, seed, stop, repeatPenalty }: GenerationOptions) {
    return {
      num_ctx: this.contextTokens,
      num_predict: maxTokens,
      temperature,
      repeat_penalty: repeatPenalty ?? 1,
      ...(seed !== undefined && { seed }),
      ...(stop !== undefined && { stop }),
    };
  }

  protected async adapterModel(adapter: string, name = 'gardener-adapter', strength = 1): Promise<string> {
    const facts = await stat(adapter).catch(() => null);
    const scaled = strength === 1 ? '' : ` at ${strength}`;
    const key = `${adapter} ${facts?.ino} ${facts?.size} ${facts?.mtimeMs}${scaled}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    // Made for all callers: one who leaves does not take it from the others.
    const making = this.#make(key, adapter, name, strength);
    this.#made.set(key, making);
    making.catch(() => this.#made.delete(key));
    return making;
  }

  /** The tag tells base and file apart, so that an old model is never taken for a new one of its name. */
  async #make(key: string, file: string, name: string, strength: number): Promise<string> {
    const tag = createHash('sha256').update(`${this.base}\0${key}`).digest('hex').slice(0, 12);
    const model = `${name}:${tag}`;
    if (!(await this.#ollama.has(model))) {
      await withScaledFile(file, strength, (scaled) =>
        this.#ollama.createWithAdapter(model, this.base, scaled),
      );
    }
    this.#keys.set(model, key);
    await this.#removeOthers(name, model);
    this.ready.add(model);
    return model;
  }

  /** Models of the same project's earlier adapters: their weights would only take room. */
  async #removeOthers(name: string, current: string): Promise<void> {
    const project = name.replace(/-v\d+(-at-[\d.]+)?$/, '');
    const models = await this.#ollama.ofProject(project).catch(() => []);
    for (const old of models.filter((model) => model !== current)) {
      this.ready.delete(old);
      // Asked for again, it is made again.
      this.#made.delete(this.#keys.get(old) ?? '');
      await this.#ollama.delete(old).catch(() => false);
    }
  }
}

/** Ollama applies an adapter as its file says: for another strength it gets a copy that says so. */
async function withScaledFile(
  file: string,
  strength: number,
  use: (file: string) => Promise<void>,
): Promise<void> {
  if (strength === 1) return use(file);
  const { scaleGgufAdapter } = await import('@codebase-gardener/lora');
  const folder = await mkdtemp(join(tmpdir(), 'gardener-adapter-'));
  try {
    const scaled = join(folder, 'adapter.gguf');
    await scaleGgufAdapter(file, scaled, strength);
    await use(scaled);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
