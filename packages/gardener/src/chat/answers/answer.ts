import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { buildPrompt } from '../../prompt/build-prompt.js';
import { CANDIDATES } from '../../prompt/fit-code.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import type { Conversation } from '../conversations/conversation.js';
import { AdapterUse } from './adapter-use.js';
import type { ChosenAdapter } from './choose-adapter.js';
import {
  type AnswerEnd,
  type AnswerEvent,
  type AnswerOptions,
  type ProjectCode,
  reservedTokens,
  sourceOf,
  writeAnswer,
} from './write-answer.js';

/** What {@link answer} needs. */
export interface AnswerRequest extends AnswerOptions {
  project: Pick<ProjectRecord, 'id' | 'name'>;
  question: string;
  conversation: Conversation;
  /** Runs the project's base model. */
  runtime: GenerationRuntime;
  /** What answers, checked against the base model. */
  adapter: ChosenAdapter;
  /** The project's code, or null to answer without retrieval. */
  code: ProjectCode | null;
  /** Whether the exchange is kept. Defaults to true. */
  store?: boolean;
  /** Answers the last question of the conversation anew, in the place of its exchange. `question` may be another. */
  replaceLast?: boolean;
}

/** A follow-up with fewer words than this ("and why?") is searched together with the question before it. */
const SHORT_QUESTION_WORDS = 4;

/**
 * Answers one question about a project: searches its index, builds a prompt with the conversation, generates with the
 * promoted adapter (or the base, saying why), and stores the exchange. A stopped answer is stored as far as it came.
 * @throws GardenerError of the rooms below: `retrieval.*`, `prompt.question-too-long`,
 * `models.*`; `chat.empty-question`
 */
export async function* answer(request: AnswerRequest): AsyncGenerator<AnswerEvent, void> {
  const { conversation, runtime, project, code, signal } = request;
  const question = request.question.trim();
  if (question === '') {
    throw new GardenerError('chat.empty-question', 'The question is empty.', { remedy: 'Ask something.' });
  }
  const exchanges = await conversation.recent();
  const replaced = request.replaceLast === true ? exchanges.pop() : undefined;
  const [results, overview] = await Promise.all([
    retrieve(request, question, exchanges.at(-1)?.question ?? ''),
    code?.overview() ?? [],
  ]);
  signal?.throwIfAborted();
  const { messages, used } = await buildPrompt({
    question,
    projectName: project.name,
    exchanges,
    summary: await conversation.summary(),
    overview,
    results,
    contextTokens: runtime.contextTokens,
    answerTokens: reservedTokens(runtime, request),
    countTokens: (text) => runtime.countTokens(text),
  });
  const adapter = new AdapterUse(request.adapter);
  let text = '';
  let end: AnswerEnd | null = null;
  try {
    const events = writeAnswer({
      runtime,
      messages,
      used,
      adapter,
      turn: project.id,
      code,
      options: request,
    });
    for await (const event of events) {
      if (event.type === 'end') {
        end = event;
      } else {
        text += event.text;
        yield event;
      }
    }
  } finally {
    // Nothing is stored of an answer that failed before its first word.
    if (request.store !== false && (end !== null || text !== '')) {
      await conversation.append({
        schemaVersion: 1,
        time: new Date().toISOString(),
        question,
        answer: text.trim(),
        end: end?.reason ?? 'cancelled',
        sources: used.map(sourceOf),
        adapter: adapter.chosen.version,
        ...(replaced !== undefined && { replaces: replaced.time }),
      });
    }
  }
  if (end === null) throw new Error('the generation ended without an end event');
  yield { ...end, conversation: request.store === false ? null : conversation.id };
}

async function retrieve(
  { code, signal }: AnswerRequest,
  question: string,
  before: string,
): Promise<SearchResult[]> {
  if (code === null) return [];
  const short = question.split(/\s+/).length < SHORT_QUESTION_WORDS;
  return code.search(short && before !== '' ? `${before} ${question}` : question, CANDIDATES, signal);
}
