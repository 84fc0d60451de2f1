import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { ModelServer, type ModelServerOptions } from './model-server.js';

/** Where Ollama listens unless it is told otherwise. */
export const OLLAMA_URL = 'http://127.0.0.1:11434';

/** Since this version a model is made from a base and adapter blobs over the API. */
const OLDEST_VERSION = [0, 5, 5] as const;
const MAX_MODELS = 10_000;

const versionAnswer = z.object({ version: z.string().max(100) });
const modelsAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string().max(1_000),
        size: z.number().nonnegative().catch(0),
        digest: z.string().max(200).catch(''),
        modified_at: z.string().max(100).catch(''),
      }),
    )
    .max(MAX_MODELS),
});
const progressLine = z.object({
  status: z.string().max(1_000).optional(),
  total: z.number().nonnegative().optional(),
  completed: z.number().nonnegative().optional(),
  error: z.string().optional(),
});

/** A model that Ollama has. */
export interface OllamaModel {
  name: string;
  bytes: number;
  digest: string;
  /** ISO 8601, or empty. */
  modifiedAt: string;
}

/** How far Ollama is with a model. */
export interface OllamaProgress {
  status: string;
  done: number;
  /** Null where it does not say. */
  total: number | null;
}

/** Ollama's HTTP API: health, models, and models made of a base and an adapter. https://docs.ollama.com/api */
export class Ollama {
  readonly server: ModelServer;

  /** @throws GardenerError `models.bad-server-url` */
  constructor(
    options: { url?: string; apiKey?: string } & Pick<
      ModelServerOptions,
      'retries' | 'firstWaitMs' | 'silenceMs'
    >,
  ) {
    this.server = new ModelServer({
      ...options,
      name: 'Ollama',
      url: options.url || OLLAMA_URL,
      remedy: 'Start it with `ollama serve`, or set runtimeUrl to where it runs.',
    });
  }

  /**
   * The version that answers.
   * @throws GardenerError `models.server-down`, `models.server-too-old`
   */
  async checkVersion(signal?: AbortSignal): Promise<string> {
    const { version } = this.#checked(
      versionAnswer,
      await this.server.json({ path: '/api/version', signal }),
    );
    const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
    // A build of one's own calls itself 0.0.0.
    const isRelease = numbers?.some((number) => number > 0) === true;
    if (isRelease && isBefore(numbers, OLDEST_VERSION)) {
      throw new GardenerError(
        'models.server-too-old',
        `Ollama ${version} at ${this.server.url} is too old: ${OLDEST_VERSION.join('.')} is needed.`,
        { remedy: 'Update Ollama.', details: { version, needed: OLDEST_VERSION.join('.') } },
      );
    }
    return version;
  }

  /** @throws GardenerError `models.server-*` */
  async list(signal?: AbortSignal): Promise<OllamaModel[]> {
    const { models } = this.#checked(modelsAnswer, await this.server.json({ path: '/api/tags', signal }));
    return models.map(({ name, size, digest, modified_at }) => ({
      name,
      bytes: size,
      digest,
      modifiedAt: modified_at,
    }));
  }

  /** Whether Ollama has a model; `name` alone means `name:latest`. */
  async has(name: string, signal?: AbortSignal): Promise<boolean> {
    const full = name.includes(':') ? name : `${name}:latest`;
    return (await this.list(signal)).some((model) => model.name === full || model.name === name);
  }

  /** The models that were made of a project's adapters. @throws GardenerError `models.server-*` */
  async ofProject(project: string): Promise<string[]> {
    return (await this.list()).map(({ name }) => name).filter((name) => name.startsWith(`${project}-v`));
  }

  /** Fetches a model. @throws GardenerError `models.server-*` */
  async pull(
    model: string,
    onProgress: (progress: OllamaProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#follow('/api/pull', { model, stream: true }, onProgress, signal);
  }

  /** Deletes a model; false when there is none. @throws GardenerError `models.server-*` */
  async delete(model: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.server.json({ method: 'DELETE', path: '/api/delete', json: { model }, signal });
      return true;
    } catch (error) {
      if (isRefusal(error, 404)) return false;
      throw error;
    }
  }

  /**
   * Makes a model of a base and a LoRA adapter, whose file is uploaded unless Ollama has it.
   * @param file a GGUF adapter
   * @throws GardenerError `models.adapter-missing`, `models.adapter-refused` when Ollama cannot
   * use it, `models.server-down`
   */
  async createWithAdapter(model: string, base: string, file: string, signal?: AbortSignal): Promise<void> {
    const bytes = await readAdapter(file);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    try {
      await this.#upload(digest, bytes, signal);
      const adapters = { 'adapter.gguf': digest };
      await this.#follow(
        '/api/create',
        { model, from: base, adapters, stream: true },
        () => undefined,
        signal,
      );
    } catch (error) {
      if (!GardenerError.isInstance(error) || error.code !== 'models.server-refused') throw error;
      throw new GardenerError(
        'models.adapter-refused',
        `${error.message.replace(/\.$/, '')}, so the adapter is not used.`,
        {
          remedy:
            'Ollama takes adapters for some architectures and in some versions only: update it, or set runtimeProvider to llama-cpp.',
          details: error.details,
          cause: error,
        },
      );
    }
  }

  async #upload(digest: string, bytes: Buffer, signal: AbortSignal | undefined): Promise<void> {
    const path = `/api/blobs/${digest}`;
    try {
      await this.server.json({ method: 'HEAD', path, signal });
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      await this.server.json({ method: 'POST', path, body: bytes, signal });
    }
  }

  /** Reads the progress of a long request to its `success`. */
  async #follow(
    path: string,
    json: object,
    onProgress: (progress: OllamaProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let last = '';
    for await (const line of this.server.lines({ path, json, signal })) {
      const { status, total, completed, error } = this.#checked(progressLine, this.server.parse(line));
      if (error !== undefined) throw this.server.refused(200, error);
      last = status ?? last;
      onProgress({ status: last, done: completed ?? 0, total: total ?? null });
    }
    if (last !== 'success') throw this.server.badAnswer('it broke off');
  }

  #checked<T>(schema: z.ZodType<T>, answer: unknown): T {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw this.server.badAnswer(`it is not Ollama's (${parsed.error.issues[0]?.message ?? 'unknown form'})`);
  }
}

/** Whether an error is the refusal of a server with this status. */
export function isRefusal(error: unknown, status: number): boolean {
  return (
    GardenerError.isInstance(error) &&
    error.code === 'models.server-refused' &&
    error.details.status === status
  );
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (const [place, number] of other.entries()) {
    const own = version[place] ?? 0;
    if (own !== number) return own < number;
  }
  return false;
}

async function readAdapter(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new GardenerError('models.adapter-missing', `There is no adapter file at ${file}.`, {
      remedy: 'Promote another adapter version with `gardener promote`, or train again.',
      details: { adapter: file },
      cause,
    });
  }
}
