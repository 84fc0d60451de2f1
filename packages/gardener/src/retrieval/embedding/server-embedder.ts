import type { TaskPrefixes } from '@codebase-gardener/lora';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { present } from '../../garden/errors/present.js';
import { openAiAddress } from '../../models/servers/model-server.js';
import type { Embedder } from './embedder.js';
import { EmbeddingCircuit, type Patience } from './embedding-circuit.js';
import { EmbeddingServer } from './embedding-request.js';
import { idWithPrefixes, knownPrefixes, NO_PREFIXES } from './task-prefixes.js';

/** Which API a server speaks: Ollama's own, or the one of OpenAI that most others speak. */
export type ServerProtocol = 'ollama' | 'openai';

/** Options of {@link startServerEmbedder}. */
export interface ServerEmbedderOptions {
  protocol: ServerProtocol;
  /** Name of the model on the server. */
  model: string;
  /** `http://127.0.0.1:11434` for Ollama, `http://127.0.0.1:1234/v1` for another. */
  url: string;
  apiKey?: string;
  /** Defaults to what a model of that name is known to want, else nothing. */
  prefixes?: TaskPrefixes;
  patience?: Partial<Patience>;
}

/** Texts of one request; and characters, since a server computes a request in one go. */
const REQUEST_TEXTS = 32;
const REQUEST_CHARACTERS = 64_000;
/** Longer texts than any model takes are cut before they are sent. */
const MAX_TEXT_CHARACTERS = 32_000;

const vectorList = z.array(z.array(z.number()).min(1).max(65_536)).max(REQUEST_TEXTS);
const ollamaAnswer = z.object({ embeddings: vectorList });
const ollamaModels = z.object({
  models: z.array(z.object({ name: z.string(), digest: z.string().max(200) })).max(10_000),
});
const openAiAnswer = z.object({
  data: z
    .array(z.object({ index: z.number().int(), embedding: z.array(z.number()).min(1).max(65_536) }))
    .max(REQUEST_TEXTS),
});

/**
 * An embedding model on a server. Its dimension is probed; Ollama's digest of the model is part of the id, so that a
 * model pulled anew is never mixed with the old one's vectors.
 * @throws GardenerError `retrieval.embedding-server-down`, `retrieval.embedding-server-refused`,
 * `retrieval.embedding-server-answer`, `retrieval.bad-embedding-url`
 */
export async function startServerEmbedder(options: ServerEmbedderOptions): Promise<Embedder> {
  const server = serverOf(options);
  const circuit = new EmbeddingCircuit(options.patience);
  const prefixes = options.prefixes ?? knownPrefixes(options.model) ?? NO_PREFIXES;
  const version =
    options.protocol === 'ollama' ? await circuit.run(() => ollamaDigest(server, options.model)) : '';
  const embedder = new ServerEmbedder(server, options, circuit, prefixes);
  await embedder.probe(version);
  return embedder;
}

class ServerEmbedder implements Embedder {
  id = '';
  dimension = 0;

  constructor(
    private readonly server: EmbeddingServer,
    private readonly options: ServerEmbedderOptions,
    private readonly circuit: EmbeddingCircuit,
    private readonly prefixes: TaskPrefixes,
  ) {}

  async probe(version: string): Promise<void> {
    this.dimension = (await this.#requestOne('dimension')).length;
    const { protocol, model } = this.options;
    const place = protocol === 'openai' ? `${new URL(this.server.url).host}/` : '';
    this.id = idWithPrefixes(`${protocol}/${place}${model}@${version || this.dimension}`, this.prefixes);
  }

  async embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(texts.length);
    for (const batch of batchesOf(texts)) {
      const input = batch.map(({ text }) => this.prefixes.document + text);
      const vectors = await this.#request(input, signal);
      for (const [row, { index }] of batch.entries()) results[index] = present(vectors[row]);
    }
    return results;
  }

  async embedQuery(query: string, signal?: AbortSignal): Promise<Float32Array> {
    return this.#requestOne(this.prefixes.query + query, signal);
  }

  async dispose(): Promise<void> {}

  async #requestOne(text: string, signal?: AbortSignal): Promise<Float32Array> {
    const [vector] = await this.#request([text], signal);
    return present(vector);
  }

  /** A vector of the model's dimension for each text, in their order. */
  async #request(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    // An empty input is an error for some servers.
    const input = texts.map((text) => text.slice(0, MAX_TEXT_CHARACTERS) || ' ');
    return this.circuit.run(async () => {
      const rows = await (this.options.protocol === 'ollama'
        ? this.#ollama(input, signal)
        : this.#openAi(input, signal));
      return this.#checked(rows, texts.length);
    }, signal);
  }

  async #ollama(input: string[], signal?: AbortSignal): Promise<number[][]> {
    const body = { model: this.options.model, input, truncate: true };
    const answer = ollamaAnswer.safeParse(await this.server.ask('/api/embed', body, signal));
    if (!answer.success) throw this.server.badAnswer('it holds no list of embeddings');
    return answer.data.embeddings;
  }

  async #openAi(input: string[], signal?: AbortSignal): Promise<number[][]> {
    const body = { model: this.options.model, input, encoding_format: 'float' };
    const answer = openAiAnswer.safeParse(await this.server.ask('/embeddings', body, signal));
    if (!answer.success) throw this.server.badAnswer('it holds no list of embeddings');
    const rows = new Map(answer.data.data.map(({ index, embedding }) => [index, embedding]));
    return input.map((_, at) => {
      const row = rows.get(at);
      if (row === undefined) throw this.server.badAnswer(`the embedding of text ${at} is missing`);
      return row;
    });
  }

  #checked(rows: number[][], count: number): Float32Array[] {
    if (rows.length !== count) throw this.server.badAnswer(`${count} texts gave ${rows.length} embeddings`);
    const dimension = this.dimension || rows[0]?.length;
    return rows.map((row) => {
      if (row.length !== dimension)
        throw this.server.badAnswer(`an embedding has ${row.length} numbers instead of ${dimension}`);
      const norm = Math.hypot(...row);
      if (!(norm > 0 && Number.isFinite(norm))) throw this.server.badAnswer('an embedding has no direction');
      return Float32Array.from(row, (value) => value / norm);
    });
  }
}

/** Texts in requests that a server can take, those of like length together: they are padded to the longest. */
function* batchesOf(texts: readonly string[]): Generator<{ index: number; text: string }[]> {
  const waiting = texts.map((text, index) => ({ index, text })).sort((a, b) => a.text.length - b.text.length);
  let batch: typeof waiting = [];
  let characters = 0;
  for (const item of waiting) {
    characters += item.text.length;
    if (batch.length > 0 && (batch.length === REQUEST_TEXTS || characters > REQUEST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = item.text.length;
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}

/** The model's digest, from the list of models that are there. */
async function ollamaDigest(server: EmbeddingServer, model: string): Promise<string> {
  const answer = ollamaModels.safeParse(await server.ask('/api/tags', null));
  if (!answer.success) throw server.badAnswer('it holds no list of models');
  const names = [model, `${model}:latest`];
  const found = answer.data.models.find(({ name }) => names.includes(name));
  if (found !== undefined) return found.digest.replace('sha256:', '').slice(0, 12);
  throw new GardenerError('retrieval.embedding-model-missing', `Ollama has no model ${model}.`, {
    remedy: `Fetch it with \`ollama pull ${model}\`.`,
    details: { model, url: server.url },
  });
}

function serverOf({ protocol, url, apiKey = '' }: ServerEmbedderOptions): EmbeddingServer {
  const isOllama = protocol === 'ollama';
  return new EmbeddingServer({
    name: isOllama ? 'Ollama' : 'The embedding server',
    url: isOllama ? url : openAiAddress(url),
    apiKey,
    remedy: isOllama
      ? 'Start it with `ollama serve`, or set embeddingUrl to where it runs, and run the command again.'
      : 'Start it, or set embeddingUrl to where it runs, and run the command again.',
  });
}
