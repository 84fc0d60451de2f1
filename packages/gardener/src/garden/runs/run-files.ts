/**
 * Every name inside a run directory. What lies under them, and when a part counts as done, is told by training's
 * `RunDirectory`.
 */
export const RUN_FILES = {
  /** What to do. Never changed afterwards. */
  description: 'run.json',
  /** What happened; the single truth of the run's state. */
  events: 'events.jsonl',
  /** The last event once more, written when the run has ended: it stays ended when its events are damaged. */
  outcome: 'outcome.json',
  /** The user's last wish. */
  control: 'control.json',
  /** What the worker said on stdout and stderr. */
  workerLog: 'worker.log',
  /** Folder of the examples. */
  data: 'data',
  /** What the base model scored. */
  baseScores: 'baseline.json',
  /** What the training engine is told beside the data. */
  engineSettings: 'engine.json',
  /** Examples of general code, whose loss must not rise; only of engines in other processes. */
  retained: 'retained.bin',
  /** Folder in which an engine keeps what it goes on from. */
  checkpoint: 'checkpoint',
  /** Folder in which this machine and a job of a cluster tell each other how a training goes. */
  job: 'job',
  /** PEFT directory that an engine leaves. */
  output: 'output',
  /** At which strength the adapter is to answer, and whether with related code, with the losses that say so. */
  strength: 'strength.json',
  retrieval: 'retrieval.json',
  /** What the adapter scored, and the one it was continued from. */
  adapterScores: 'adapter_scores.json',
} as const;
