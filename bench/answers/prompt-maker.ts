import { answer } from '../../packages/gardener/src/chat/answers/answer.js';
import { baseOnly } from '../../packages/gardener/src/chat/answers/choose-adapter.js';
import type { ProjectCode } from '../../packages/gardener/src/chat/answers/write-answer.js';
import { newConversation } from '../../packages/gardener/src/chat/conversations/conversation.js';
import type { Source } from '../../packages/gardener/src/chat/conversations/exchange.js';
import type { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import type { ProjectRecord } from '../../packages/gardener/src/garden/project-record.js';
import type { ChatMessage, GenerationRuntime } from '../../packages/gardener/src/models/runtime/runtime.js';

/** What the product would have given to the model. */
export interface MadePrompt {
  messages: readonly ChatMessage[];
  /** Best first. */
  sources: readonly Source[];
  tokens: number;
}

/** The prompt of a question, made as `gardener ask` makes it; the model reads nothing and writes nothing. */
export async function promptOf(
  question: string,
  { project, paths, code, runtime }: PromptSetting,
): Promise<MadePrompt> {
  let messages: readonly ChatMessage[] = [];
  let sources: readonly Source[] = [];
  const silent: GenerationRuntime = {
    contextTokens: runtime.contextTokens,
    countTokens: (text) => runtime.countTokens(text),
    async *generate(request) {
      ({ messages } = request);
      yield { type: 'end', reason: 'stop', promptTokens: 0, completionTokens: 0 };
    },
    prepare: (request) => runtime.prepare(request),
    complete: (request) => runtime.complete(request),
    score: (request) => runtime.score(request),
    state: () => runtime.state(),
    dispose: async () => undefined,
  };
  const events = answer({
    ...{ project, question, runtime: silent, code, store: false },
    conversation: newConversation(paths, project.id),
    adapter: baseOnly('The model reads nothing.'),
  });
  for await (const event of events) if (event.type === 'end') ({ sources } = event);
  const counts = await Promise.all(messages.map(({ content }) => runtime.countTokens(content)));
  return { messages, sources, tokens: counts.reduce((sum, one) => sum + one, 0) };
}

/** Whose code, and which tokens. */
export interface PromptSetting {
  project: ProjectRecord;
  paths: GardenPaths;
  code: ProjectCode;
  runtime: GenerationRuntime;
}
