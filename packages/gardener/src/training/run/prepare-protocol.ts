import type { ExamplesOutcome } from './stages/make-examples.js';

/** What came of preparing a run. */
export type Preparation =
  /** Of an index run: the index is up to date, with so many files. */
  { kind: 'indexed'; files: number } | ExamplesOutcome;

/** What the preparing process is asked: its one job is the run whose directory it was started with. */
export interface PrepareProtocol {
  setup: { runDirectory: string };
  ready: null;
  jobs: { prepare: { input: null; progress: never; result: Preparation } };
}
