import type { GraphChange } from './mend-graph.js';

/** What the process of the symbol graph is asked. */
export interface GraphProtocol {
  setup: null;
  ready: null;
  jobs: {
    /** `mendGraph`. */
    mend: { input: GraphChange; progress: never; result: null };
  };
}
