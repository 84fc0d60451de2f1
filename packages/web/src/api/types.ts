// The shapes of the server's answers, as docs/openapi.json has them; only what the pages read.

export interface ErrorObject {
  code: string;
  message: string;
  remedy: string;
  details?: Record<string, unknown>;
}

export interface Measure {
  value: number;
  low: number | null;
  high: number | null;
  n: number;
}
export interface Metrics {
  heldOutLoss: Measure | null;
  exactMatch: Measure | null;
  editSimilarity: Measure | null;
}
export interface Arm {
  noRetrieval: Metrics;
  retrieval: Metrics;
}
export interface Scorecard {
  base: Arm;
  adapter: Arm;
  generalLoss: { base: number; adapter: number } | null;
  improvement: Measure | null;
  stopping: { base: number; adapter: number; n: number } | null;
  parity: {
    baseAgreement: number;
    adapterAgreement: number;
    adapterLossDifference: number;
    n: number;
  } | null;
  predecessor?: { version: number; heldOutLoss: number } | null;
  promoted: boolean;
  reason: string;
  margin: number;
  adapterVersion: number;
  files: number;
  evaluatedAt: string;
}

export interface FileCounts {
  seen: number;
  indexed: number;
  skipped: Record<string, number>;
  failed: Record<string, number>;
}

/** A project at a glance, see /api/projects. */
export type Glance =
  | 'none'
  | 'indexing'
  | 'queued'
  | 'training'
  | 'paused'
  | 'evaluating'
  | 'ready'
  | 'base-only'
  | 'error';

export interface ProjectView {
  project: { id: string; name: string; path: string; baseModel: string };
  index: {
    state: 'none' | 'building' | 'ready' | 'damaged';
    files: FileCounts;
    chunks: number;
    commit: string | null;
    changedSince: number | null;
  };
  training: {
    status: string;
    reason: string | null;
    step: number | null;
    steps: number | null;
    loss: number | null;
    etaMs: number | null;
    tokensPerSecond: number | null;
    peakMemoryBytes: number | null;
    error: ErrorObject | null;
  };
  adapter: { version: number | null; promoted: boolean; reason: string | null };
  scorecard: Scorecard | null;
  active: boolean;
  createdAt: string;
  run: {
    id: string;
    kind: 'index' | 'train';
    status: string;
    finished: boolean;
    stage: string | null;
    done: number | null;
    total: number | null;
    label: string | null;
    startedAt: string | null;
    updatedAt: string | null;
  } | null;
  glance: string;
  progress: number | null;
  etaMs: number | null;
  watching: boolean;
}

export interface RunView {
  id: string;
  kind: 'index' | 'train';
  createdAt: string;
  status: string;
  reason: string | null;
  finished: boolean;
  step: number;
  steps: number | null;
  loss: number | null;
  heldOutLoss: number | null;
  tokensPerSecond: number | null;
  peakMemoryBytes: number | null;
  etaMs: number | null;
  error: ErrorObject | null;
  adapterVersion: number | null;
  promoted: boolean;
  updatedAt: string | null;
  budgetMs: number | null;
}

/** One line of a run's events; fields by `type`. */
export interface RunEvent {
  type: string;
  time: string;
  step?: number;
  steps?: number;
  loss?: number | null;
  tokensPerSecond?: number | null;
  etaMs?: number | null;
  peakMemoryBytes?: number | null;
  best?: boolean | number | null;
  stage?: string;
  done?: number;
  total?: number | null;
  label?: string | null;
  message?: string;
  reason?: string | null;
  error?: ErrorObject;
  adapterVersion?: number | null;
  promoted?: boolean;
}

export interface AdapterView {
  version: number;
  promoted: boolean;
  createdAt: string;
  commit: string | null;
  bytes: number;
  baseModel: string;
  runId: string | null;
  scorecard: Scorecard | null;
  problem: string | null;
}

export interface FileView {
  path: string;
  outcome: string;
  reason: string | null;
  chunks: number;
  bytes: number;
}

export interface SecretFile {
  path: string;
  places: { line: number; rule: string }[];
}

export interface SourceView {
  path: string;
  language: string | null;
  from: number;
  to: number;
  totalLines: number;
  text: string;
  masked: number;
}

export interface SearchResult {
  path: string;
  startLine: number;
  endLine: number;
  language: string;
  kind: string;
  symbol: string | null;
  text: string;
  score: number;
  vectorRank: number | null;
  keywordRank: number | null;
}
export interface IndexFreshness {
  commit: string | null;
  indexedAt?: string;
  changedSince: number | null;
}
export interface SearchView {
  results: SearchResult[];
  index: IndexFreshness | null;
  tookMs: number;
}

export interface ConversationSummary {
  id: string;
  title: string;
  exchanges: number;
  usedAt: string;
}
export interface Source {
  path: string;
  startLine: number;
  endLine: number;
  symbol: string | null;
}
export interface Exchange {
  time: string;
  question: string;
  answer: string;
  end: 'stop' | 'length' | 'cancelled';
  sources: Source[];
  adapter: number | null;
}
export interface AnswerEnd {
  reason: 'stop' | 'length';
  sources: Source[];
  adapter: { version: number | null; reason: string };
  index: IndexFreshness | null;
  promptTokens: number;
  completionTokens: number;
  tokensPerSecond?: number | null;
}

export interface Setting {
  key: string;
  value: string | number | boolean | null;
  default: string | number | boolean | null;
  source: 'environment' | 'file' | 'default';
  description: string;
  type: 'text' | 'number' | 'boolean' | 'choice' | 'secret';
  choices?: string[];
  min?: number;
  max?: number;
}
export interface ModelView {
  id: string;
  kind: 'base' | 'embedding';
  name: string;
  /** Null where the hub has not told. */
  bytes: number | null;
  licence: string;
  description: string;
  state: 'ready' | 'missing' | 'downloading' | 'damaged';
  trainable: boolean;
}
export interface FoldersView {
  path: string;
  parent: string | null;
  folders: { name: string; path: string; isGit: boolean; projectId: string | null }[];
  home: string;
}
export interface DoctorCheck {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  remedy: string | null;
}
export interface DiskView {
  totalBytes: number;
  capBytes: number | null;
  parts: { name: string; bytes: number }[];
  projects: { projectId: string; bytes: number }[];
}
export interface SwitchView {
  project: ProjectView;
  ms: number;
  adapter: { version: number | null; reason: string };
}
