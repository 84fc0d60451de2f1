// The shapes of what the server sends and takes, under the words that the pages use. They are
// made from docs/openapi.json.
import type { Error as ErrorBody, Scorecard } from './schemas.generated.js';

export type {
  Adapter as AdapterView,
  AdapterList,
  AnswerEnd,
  AnswerEvent,
  ComparedBase,
  Comparison,
  Conversation,
  ConversationList,
  ConversationSummary,
  DiskUse as DiskView,
  DoctorReport,
  Exchange,
  FileList,
  Fleet as FleetView,
  FleetProject as FleetRow,
  FolderList as FoldersView,
  IndexFreshness,
  LastComparison,
  Model as ModelView,
  ModelHappening,
  ModelList,
  NewConversation,
  Project as ProjectView,
  ProjectHappening,
  ProjectList,
  Question,
  Run as RunView,
  RunEvent,
  RunEventPage,
  RunHappening,
  RunList,
  Scorecard,
  SearchAnswer as SearchView,
  SearchQuery,
  SearchResult,
  SecretList,
  Setting,
  SettingList,
  Source,
  SourceText as SourceView,
  Switched as SwitchView,
} from './schemas.generated.js';

export type ErrorObject = ErrorBody['error'];
export type Arm = Scorecard['base'];
export type Metrics = Arm['retrieval'];
export type Measure = NonNullable<Scorecard['improvement']>;
