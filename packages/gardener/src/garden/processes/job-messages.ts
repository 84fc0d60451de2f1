import type { WireError } from '../errors/wire-error.js';

/** One kind of job: what it takes, what it tells while it is at work (`never`: nothing), and what it gives. */
export interface JobType {
  input: unknown;
  progress: unknown;
  result: unknown;
}

/**
 * What a child process can be asked: a type that stands beside its two sides, `x-process.ts` and `x-child.ts`.
 * All of it crosses a process border by structured cloning: plain data, maps, sets and typed arrays.
 */
export interface JobProtocol {
  /** What the child is told first. */
  setup: unknown;
  /** What it says of itself when it can take jobs. */
  ready: unknown;
  jobs: Record<string, JobType>;
}

/** The names of a protocol's jobs. */
export type JobName<Protocol extends JobProtocol> = keyof Protocol['jobs'] & string;

/** The number of the start, which is answered as a job is; jobs count on from it. */
export const START_ID = 0;

/** Parent to child. */
export type ToChild =
  | { type: 'start'; id: typeof START_ID; setup: unknown }
  | { type: 'job'; id: number; name: string; input: unknown }
  | { type: 'cancel'; id: number };

/** Child to parent: `done` or `failed` ends a job. */
export type FromChild =
  | { type: 'progress'; id: number; progress: unknown }
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; error: WireError };
