import type { ChildProcess } from 'node:child_process';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import type { ParseResult } from '../parse/structure/code-structure.js';
import type { ChunkedSource, ParseJob, ParseReply } from './parse-job.js';

/**
 * Compiling a large grammar takes up to seconds, on a loaded machine more; a process that
 * does not even begin is broken.
 */
const BEGIN_TIMEOUT_MS = 60_000;

type JobResult = ParseResult | ChunkedSource;

/** The job that the process is at. */
interface CurrentJob {
  language: string;
  timeoutMs: number;
  timer: NodeJS.Timeout;
  resolve(result: JobResult): void;
  reject(error: GardenerError): void;
}

/**
 * The process that parses, one job at a time in the order in which they came. It is started by the first job, started
 * again after a job that had to be ended, and keeps its parent alive only while it is at one.
 */
export class ParserProcess {
  #child: ChildProcess | null = null;
  #current: CurrentJob | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param timeoutMs from the moment the grammar is loaded
   * @throws GardenerError `codebase.parse-timeout`, `codebase.parse-failed`, `codebase.grammar-missing`
   */
  run(job: ParseJob, timeoutMs: number): Promise<JobResult> {
    const result = this.#queue.then(() => this.#runNext(job, timeoutMs));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #runNext(job: ParseJob, timeoutMs: number): Promise<JobResult> {
    const child = this.#child ?? this.#start();
    return new Promise<JobResult>((resolve, reject) => {
      const { language } = job;
      const timer = setTimeout(() => this.#end(parseTimeout(language)), BEGIN_TIMEOUT_MS);
      this.#current = { language, timeoutMs, timer, resolve, reject };
      child.ref();
      child.channel?.ref();
      // What cannot be sent is not there any more: its `exit` says so.
      child.send(job, () => undefined);
    });
  }

  #start(): ChildProcess {
    const child = spawnEntry(new URL('./parser-child.js', import.meta.url), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const died = (reason: string) => {
      if (this.#child === child) this.#end(parseFailed(this.#current?.language ?? 'source', reason));
    };
    child.on('message', (reply: ParseReply) => {
      if (this.#child === child) this.#receive(reply);
    });
    child.on('error', (error) => died(String(error)));
    child.on('exit', (code, signal) => died(`the process ended with ${signal ?? code}`));
    this.#child = child;
    return child;
  }

  #receive(reply: ParseReply): void {
    const current = this.#current;
    if (current === null) return;
    if (reply.type === 'begun') {
      clearTimeout(current.timer);
      current.timer = setTimeout(() => this.#end(parseTimeout(current.language)), current.timeoutMs);
    } else if (reply.type === 'done') {
      this.#settle()?.resolve(reply.result);
    } else if (reply.error !== null) {
      const { code, message, remedy } = reply.error;
      this.#settle()?.reject(new GardenerError(code, message, { remedy }));
    } else {
      // What broke inside WebAssembly may have left its memory broken.
      this.#end(parseFailed(current.language, reply.reason));
    }
  }

  #settle(): CurrentJob | null {
    const current = this.#current;
    this.#current = null;
    clearTimeout(current?.timer);
    this.#child?.unref();
    this.#child?.channel?.unref();
    return current;
  }

  /** Ends the process with the job it is at. */
  #end(error: GardenerError): void {
    const child = this.#child;
    const current = this.#settle();
    this.#child = null;
    child?.kill('SIGKILL');
    current?.reject(error);
  }
}

function parseTimeout(language: string): GardenerError {
  return new GardenerError('codebase.parse-timeout', `Parsing a ${language} file took too long.`, {
    remedy: 'name the file in .gardenerignore if it is not worth reading',
  });
}

function parseFailed(language: string, reason: string): GardenerError {
  return new GardenerError('codebase.parse-failed', `A ${language} file could not be parsed.`, {
    remedy: 'name the file in .gardenerignore if it is not worth reading',
    details: { reason },
  });
}
