import type { LRUCache } from 'lru-cache';
import type { Assistant } from '../../chat/assistant.js';
import type { CodeCompleter } from '../../chat/completion/code-completer.js';
import type { Conversation } from '../../chat/conversations/conversation.js';
import type { Garden } from '../../garden/garden.js';
import type { EventLog } from '../events/event-log.js';
import type { Slots } from '../guard/limits.js';
import type { ModelFetches } from './model-fetches.js';
import type { ProjectFollowers } from './project-followers.js';

/** What every route works with. */
export interface ServerContext {
  garden: Garden;
  version: string;
  /** ISO 8601. */
  startedAt: string;
  assistant: Assistant;
  /** Of `assistant`; knows what was typed last. */
  completer: CodeCompleter;
  events: EventLog;
  models: ModelFetches;
  followers: ProjectFollowers;
  generations: Slots;
  /** Conversations without an exchange yet, by `<project>/<conversation>`. */
  begun: LRUCache<string, Conversation>;
  /** Aborted when the server ends: streams say so and end. */
  stopping: AbortSignal;
}
