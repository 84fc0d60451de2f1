import { GardenerError } from '../garden/errors.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { ChatMessage, GenerationEvent, GenerationRuntime } from '../models/runtime.js';
import { buildPrompt } from '../prompt/build-prompt.js';
import type { Embedder, IndexFreshness, ProjectIndex, SearchResult } from '../retrieval/index.js';
import { baseOnly, type ChosenAdapter, chooseAdapter } from './choose-adapter.js';
import type { Conversation } from './conversation.js';
import type { Source } from './exchange.js';

/** What {@link answer} needs. */
export interface AnswerRequest {
  garden: Pick<Garden, 'paths' | 'settings'>;
  project: ProjectRecord;
  question: string;
  conversation: Conversation;
  /** Runs the project's base model. */
  runtime: GenerationRuntime;
  /** The project's index, or null to answer without retrieval. */
  index: ProjectIndex | null;
  embedder: Embedder | null;
  /** sha256 of the base's weights file; an adapter of other weights is then refused. */
  baseWeightsSha256?: string | null;
  /** `base` answers without the adapter. Defaults to the promoted one. */
  adapter?: 'promoted' | 'base';
  /** Defaults to a quarter of the context, at most 400. */
  maxTokens?: number;
  /** Defaults to 0. */
  temperature?: number;
  seed?: number;
  /** Chunks asked of the index. Defaults to 4: more make a small model slower, not better. */
  chunks?: number;
  signal?: AbortSignal;
}

/** The end of an answer: what it rests on. */
export interface AnswerEnd {
  type: 'end';
  /** `length`: cut off at maxTokens. */
  reason: 'stop' | 'length';
  /** The code in the prompt, best first; empty when nothing was found. */
  sources: Source[];
  adapter: { version: number | null; reason: string };
  /** Null when the answer was made without the index. */
  index: IndexFreshness | null;
  promptTokens: number;
  completionTokens: number;
  conversation: string;
}

/** What an answer yields: text as it is written, then one end. */
export type AnswerEvent = { type: 'text'; text: string } | AnswerEnd;

/** A follow-up with fewer words than this ("and why?") is searched together with the question before it. */
const shortQuestionWords = 4;

/** Small models fall into loops without it. */
const repeatPenalty = 1.1;

/**
 * Answers one question about a project: searches its index, builds a prompt with the conversation, generates with the
 * promoted adapter (or the base, saying why), and stores the exchange. A stopped answer is stored as far as it came.
 * @throws GardenerError of the rooms below: `retrieval.*`, `prompt.question-too-long`, `models.*`; `chat.empty-question`
 */
export async function* answer(request: AnswerRequest): AsyncGenerator<AnswerEvent, void> {
  const { conversation, runtime, index, signal } = request;
  const question = request.question.trim();
  if (question === '') {
    throw new GardenerError('chat.empty-question', 'The question is empty.', { remedy: 'Ask something.' });
  }
  const exchanges = await conversation.recent();
  const results = await retrieve(request, question, exchanges.at(-1)?.question ?? '');
  signal?.throwIfAborted();
  const answerTokens = request.maxTokens ?? Math.min(400, Math.floor(runtime.contextTokens / 4));
  const prompt = await buildPrompt({
    question,
    projectName: request.project.name,
    exchanges,
    summary: await conversation.summary(),
    results,
    contextTokens: runtime.contextTokens,
    answerTokens,
    countTokens: (text) => runtime.countTokens(text),
  });
  // Looked at while the model writes: it walks the whole codebase.
  const { project, garden } = request;
  const { maxFileBytes } = garden.settings;
  const freshness = index?.freshness(project.path, { maxFileBytes }).catch(() => null) ?? null;

  const chosen = await adapterFor(request);
  const writing = new Writing(prompt.used.map(sourceOf), chosen);
  try {
    for await (const event of generate(request, writing, prompt.messages, answerTokens)) {
      if (event.type === 'text') {
        writing.text += event.text;
        yield event;
      } else {
        writing.end = event;
      }
    }
  } finally {
    await writing.store(conversation, question);
  }
  const { end } = writing;
  if (end === null) throw new Error('the generation ended without an end event');
  yield {
    type: 'end',
    reason: end.reason,
    sources: writing.sources,
    adapter: { version: writing.adapter.version, reason: writing.adapter.reason },
    index: await freshness,
    promptTokens: end.promptTokens,
    completionTokens: end.completionTokens,
    conversation: conversation.id,
  };
}

/** An answer in the making. */
class Writing {
  text = '';
  end: Extract<GenerationEvent, { type: 'end' }> | null = null;
  adapter: ChosenAdapter;
  readonly sources: Source[];

  constructor(sources: Source[], adapter: ChosenAdapter) {
    this.sources = sources;
    this.adapter = adapter;
  }

  /** Nothing is stored of an answer that failed before its first word. */
  async store(conversation: Conversation, question: string): Promise<void> {
    if (this.end === null && this.text === '') return;
    await conversation.append({
      schemaVersion: 1,
      time: new Date().toISOString(),
      question,
      answer: this.text.trim(),
      end: this.end?.reason ?? 'cancelled',
      sources: this.sources,
      adapter: this.adapter.version,
    });
  }
}

/** Generates with the adapter; if its file cannot be used, once more with the base, and says so. */
async function* generate(
  request: AnswerRequest,
  writing: Writing,
  messages: readonly ChatMessage[],
  maxTokens: number,
): AsyncGenerator<GenerationEvent, void> {
  const start = () =>
    request.runtime.generate({
      messages,
      adapter: writing.adapter.file,
      maxTokens,
      temperature: request.temperature ?? 0,
      repeatPenalty,
      ...(request.seed !== undefined && { seed: request.seed }),
      ...(request.signal && { signal: request.signal }),
    });
  try {
    yield* start();
  } catch (error) {
    const badFile =
      GardenerError.isInstance(error) && /^models\.(bad-adapter|adapter-missing)$/.test(error.code);
    if (!badFile || writing.adapter.file === null) throw error;
    writing.adapter = baseOnly(`${error.message} The base model answers: ${error.remedy}`);
    yield* start();
  }
}

async function adapterFor(request: AnswerRequest): Promise<ChosenAdapter> {
  if (request.adapter === 'base') return baseOnly('The base model was asked for.');
  return chooseAdapter(request.garden.paths, request.project, request.baseWeightsSha256 ?? null);
}

async function retrieve(request: AnswerRequest, question: string, before: string): Promise<SearchResult[]> {
  const { index, embedder } = request;
  if (index === null || embedder === null) return [];
  const short = question.split(/\s+/).length < shortQuestionWords;
  return index.search(short && before !== '' ? `${before} ${question}` : question, embedder, {
    k: request.chunks ?? 4,
  });
}

function sourceOf({ chunk, score }: SearchResult): Source {
  const { path, startLine, endLine, symbol } = chunk;
  return { path, startLine, endLine, symbol, score };
}
