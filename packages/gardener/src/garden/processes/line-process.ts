import { type ChildProcess, spawn } from 'node:child_process';
import type { ProcessEnd } from './job-process.js';

const MAX_LINE_CHARACTERS = 1 << 20;
/** Enough of what it wrote to stderr to see why it died. */
const STDERR_TAIL_CHARACTERS = 4_000;
const KILLED_AFTER_MS = 5_000;
/** How long after the end of a process its last words are waited for. */
const LAST_WORDS_MS = 500;

/** How a program is started that speaks in lines. */
export interface LineProcessOptions {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** How long it may say nothing before it is taken to hang and is ended. */
  silenceMs: number;
}

/**
 * A program of others that speaks in lines on stdout and is told lines on stdin. Its stdin is closed when this process
 * ends, however that happens: by this it knows that nobody listens any more.
 */
export class LineProcess {
  /** True when it said nothing for too long, so that it has to be ended. */
  hasHung = false;
  readonly #child: ChildProcess;
  readonly #silenceMs: number;
  readonly #ended: Promise<ProcessEnd>;
  #stderr = '';

  /** Starts it. A command that is not there shows as its end. */
  constructor({ command, args, env, silenceMs }: LineProcessOptions) {
    this.#silenceMs = silenceMs;
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    // A program that has just died cannot be told anything: its end says so.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.#ended = new Promise((resolve) => {
      const end = (reason: string) => {
        const { exitCode, signalCode: signal } = this.#child;
        resolve({ reason, exitCode, signal, stderr: this.#stderr });
      };
      this.#child.once('error', (error) => end(error.message));
      this.#child.once('exit', (code, signal) => {
        const told = () => end(signal ? `signal ${signal}` : `exit code ${code}`);
        this.#child.once('close', told);
        // A grandchild may hold stderr open.
        setTimeout(told, LAST_WORDS_MS);
      });
    });
  }

  /** Null when it could not be started. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** What it says, line by line, until it closes stdout, hangs, or says a line without an end. */
  async *lines(): AsyncGenerator<string> {
    const chunks = this.#child.stdout?.setEncoding('utf8')[Symbol.asyncIterator]();
    let rest = '';
    while (chunks !== undefined) {
      const chunk = await this.#next(chunks);
      if (chunk === null) break;
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
      // A line without an end must not fill the memory: what there is of it is taken for a line.
      if (rest.length > MAX_LINE_CHARACTERS) break;
    }
    if (rest !== '') yield rest;
  }

  /** Tells it something. */
  send(line: object): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** Waits for its end; whoever did not read all lines ends it first. */
  async end(): Promise<ProcessEnd> {
    this.#child.stdin?.end();
    this.#child.stdout?.destroy();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.hasHung ? 0 : KILLED_AFTER_MS);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next part of what it says; null at its end, or when it says nothing for too long. */
  async #next(chunks: AsyncIterator<string>): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.hasHung = true;
        resolve(null);
      }, this.#silenceMs);
    });
    const next = chunks.next().then(({ done, value }) => (done ? null : value));
    try {
      return await Promise.race([next.catch(() => null), silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}
