import type { ExampleSet } from './examples.js';
import type { CompletionPlace } from './known/completion-places.js';
import type { KnownQuestion } from './known/known-questions.js';

/** What a run trains and is scored on. Made once and then only read, so that a resumed run sees the same examples. */
export interface RunData extends ExampleSet {
  /** Questions of the stopping check. */
  questions: string[];
  /** What people use an adapter for, with the right outcome; empty in runs from before it was measured. */
  uses: {
    /** Questions, with the code that chat gives. */
    questions: KnownQuestion[];
    /** Places of held-out files to complete. */
    places: CompletionPlace[];
    /** The same of validation files: on them is chosen how completions are asked for. */
    validation: CompletionPlace[];
  };
}
