/** What the process that tries native modules is asked. */
export interface ProbeProtocol {
  setup: null;
  ready: null;
  jobs: {
    /** Loads a module by its name and makes it do something small. Gives one line: what it did. */
    probe: { input: string; progress: never; result: string };
    /** Products that the trainer adds up a second. */
    speed: { input: null; progress: never; result: number };
  };
}
