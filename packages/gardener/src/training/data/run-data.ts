import type { ExampleSet } from './examples.js';

/** What a run trains and is scored on. Made once and then only read, so that a resumed run sees the same examples. */
export interface RunData extends ExampleSet {
  /** Questions of the stopping check. */
  questions: string[];
}
