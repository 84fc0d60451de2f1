import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ChatMessage, GenerationRuntime } from '../../models/runtime/runtime.js';
import { CANDIDATES } from '../../prompt/fit-code.js';
import { fitMessages } from '../../prompt/fit-messages.js';
import { AdapterUse } from './adapter-use.js';
import type { ChosenAdapter } from './choose-adapter.js';
import {
  type AnswerEvent,
  type AnswerOptions,
  type ProjectCode,
  reservedTokens,
  writeAnswer,
} from './write-answer.js';

/** What {@link reply} needs. */
export interface ReplyRequest extends AnswerOptions {
  /** The client's own conversation. */
  messages: readonly ChatMessage[];
  /** For the instructions where the client gives none; null for a base model without a project. */
  projectName: string | null;
  runtime: GenerationRuntime;
  adapter: ChosenAdapter;
  turn: string;
  /** Code for the last question, or null to answer without retrieval. */
  code: ProjectCode | null;
}

/**
 * Answers messages of a client that keeps its conversation itself; nothing is stored.
 * @throws GardenerError `chat.empty-question`, `prompt.question-too-long`, `retrieval.*`, `models.*`
 */
export async function* reply(request: ReplyRequest): AsyncGenerator<AnswerEvent, void> {
  const { runtime, code, turn, signal } = request;
  const question = request.messages.findLast(({ role }) => role === 'user')?.content.trim() ?? '';
  if (question === '') {
    throw new GardenerError('chat.empty-question', 'There is no question in the messages.', {
      remedy: 'Send at least one message with the role user.',
    });
  }
  const [results, overview] =
    code === null
      ? [[], []]
      : await Promise.all([code.search(question, CANDIDATES, signal), code.overview()]);
  signal?.throwIfAborted();
  const { messages, used } = await fitMessages({
    messages: request.messages,
    projectName: request.projectName,
    overview,
    results,
    contextTokens: runtime.contextTokens,
    answerTokens: reservedTokens(runtime, request),
    countTokens: (text) => runtime.countTokens(text),
  });
  const adapter = new AdapterUse(request.adapter);
  yield* writeAnswer({ runtime, messages, used, adapter, turn, code, options: request });
}
