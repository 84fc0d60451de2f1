// The shapes of what the server sends and takes, from the document that the web UI's types are made of too.
import type { Error as ErrorBody } from '@codebase-gardener/web/api-types';

export type {
  AdapterList,
  AnswerEnd,
  Glance,
  NewConversation,
  Project as ProjectView,
  ProjectHappening,
  ProjectList,
  Run as RunView,
  RunHappening,
  SearchAnswer,
  SearchResult,
  Source,
  SourceText,
} from '@codebase-gardener/web/api-types';

export type ErrorObject = ErrorBody['error'];

/** Where a server is, and what it has to be shown. */
export interface Address {
  /** Without a `/` at its end. */
  url: string;
  token: string | null;
}
