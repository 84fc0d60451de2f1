import { toWireError } from '../errors/wire-error.js';
import type { FromChild, JobName, JobProtocol, JobType, ToChild } from './job-messages.js';

/** What a job is given beside its input. */
export interface JobContext<Job extends JobType> {
  /** Aborts when nobody waits for the result any more. */
  signal: AbortSignal;
  /** Tells the parent something while the job is at work. */
  report(progress: Job['progress']): void;
}

/** Does one kind of job. What it throws reaches whoever gave the job. */
export type JobHandler<Job extends JobType> = (
  input: Job['input'],
  context: JobContext<Job>,
) => Promise<Job['result']> | Job['result'];

/** A child that is ready: what it says of itself, and what does each job. */
export interface JobService<Protocol extends JobProtocol> {
  ready: Protocol['ready'];
  jobs: { [Name in JobName<Protocol>]: JobHandler<Protocol['jobs'][Name]> };
}

/**
 * The child's side of a `JobProcess`, called once by its entry file. Jobs begin in the order in which they come and do
 * not wait for each other; where they must not overlap, the child uses `oneAtATime`. The process ends with its parent.
 * @param start makes the child ready; whoever starts the process is thrown what this throws
 */
export function serveJobs<Protocol extends JobProtocol>(
  start: (setup: Protocol['setup']) => Promise<JobService<Protocol>> | JobService<Protocol>,
): void {
  let service: JobService<Protocol> | null = null;
  const running = new Map<number, AbortController>();

  async function begin(setup: unknown): Promise<unknown> {
    service = await start(setup);
    return service.ready;
  }

  async function work(id: number, name: JobName<Protocol>, input: unknown): Promise<unknown> {
    const handler = service?.jobs[name];
    if (handler === undefined) throw new Error(`this process does no job called ${name}`);
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const report = (progress: unknown) => send({ type: 'progress', id, progress });
      return await handler(input, { signal: controller.signal, report });
    } finally {
      running.delete(id);
    }
  }

  process.on('message', (message: ToChild) => {
    if (message.type === 'start') void answer(message.id, begin(message.setup));
    else if (message.type === 'job') void answer(message.id, work(message.id, message.name, message.input));
    else if (message.type === 'cancel') running.get(message.id)?.abort();
  });
  // The parent went away, however it ended: nobody reads the answers.
  process.on('disconnect', () => process.exit(0));
}

async function answer(id: number, outcome: Promise<unknown>): Promise<void> {
  try {
    send({ type: 'done', id, result: await outcome });
  } catch (error) {
    send({ type: 'failed', id, error: toWireError(error) });
  }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}
