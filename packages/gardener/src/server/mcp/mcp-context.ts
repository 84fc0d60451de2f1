import type { Assistant } from '../../chat/assistant.js';
import type { CodeCompleter } from '../../chat/completion/code-completer.js';
import type { Garden } from '../../garden/garden.js';

/** What the tools work with. */
export interface McpContext {
  garden: Garden;
  assistant: Assistant;
  completer: CodeCompleter;
  version: string;
  /** Aborts what is under way: the client has gone, or the server ends. */
  signal: AbortSignal;
  /** Takes a place for an answer, and gives it back with the function returned. Throws when too many are under way. */
  takePlace: () => () => void;
}
