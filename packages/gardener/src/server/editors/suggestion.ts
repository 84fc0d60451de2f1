import type { ChatTarget } from '../../chat/assistant-requests.js';
import type { CompleteCodeEnd, CompleteCodeRequest } from '../../chat/completion/code-request.js';
import type { ServerContext } from '../state/context.js';

/** The end of a suggestion, and where the time went. */
export type SuggestionEnd = CompleteCodeEnd & { totalMs: number; writingMs: number };

/** Writes what belongs at a place of code, and measures it. @throws as `CodeCompleter.complete` */
export async function* writeSuggestion(
  { garden, completer, followers }: Pick<ServerContext, 'garden' | 'completer' | 'followers'>,
  target: ChatTarget,
  request: CompleteCodeRequest,
): AsyncGenerator<{ type: 'text'; text: string } | SuggestionEnd, void> {
  if (target.project !== null) followers.use(target.project);
  const startedAt = performance.now();
  const minConfidence = request.minConfidence ?? garden.settings.suggestionConfidence;
  for await (const event of completer.complete(target, { ...request, minConfidence })) {
    if (event.type === 'text') yield event;
    else {
      const totalMs = performance.now() - startedAt;
      yield { ...event, totalMs, writingMs: Math.max(0, totalMs - event.promptMs) };
    }
  }
}
