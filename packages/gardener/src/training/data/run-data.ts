import type { ExampleSet } from './examples.js';
import type { KnownQuestion } from './known/known-questions.js';

/** What a run trains and is scored on. Made once and then only read, so that a resumed run sees the same examples. */
export interface RunData extends ExampleSet {
  /** Questions of the stopping check. */
  questions: string[];
  /** Questions whose answer is known, with the code that chat gives; empty in runs from before there were any. */
  known: KnownQuestion[];
}
