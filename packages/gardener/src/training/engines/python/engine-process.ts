import type { ProcessEnd } from '../../../garden/processes/job-process.js';
import { LineProcess } from '../../../garden/processes/line-process.js';
import type { PythonEngineName } from '../engine-name.js';
import { broken, died, failed, garbled, hung, lastLine, otherProtocol } from './engine-errors.js';
import { type EngineLine, helloSchema, lineSchema, PROTOCOL_VERSION } from './engine-protocol.js';

/** An engine says something every 5 s. */
const SILENCE_MS = 30_000;

/** A program that speaks the protocol of engines. */
export interface EngineCommand {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** What an engine says beside that it is alive and that it failed. */
type Said = Exclude<EngineLine, { type: 'alive' } | { type: 'error' }>;

/** A running engine in another process. */
export class EngineProcess {
  readonly #process: LineProcess;
  readonly #silenceMs: number;

  /** @param silenceMs how long it may say nothing. Defaults to 30 s */
  constructor(
    readonly engine: PythonEngineName,
    command: EngineCommand,
    silenceMs = SILENCE_MS,
  ) {
    this.#silenceMs = silenceMs;
    this.#process = new LineProcess({ ...command, silenceMs });
  }

  /** Asks it to save a checkpoint and to end. */
  stop(): void {
    this.#process.send({ type: 'stop' });
  }

  /** Has it wait for a reason, one sentence, or go on. */
  wait(reason: string | null): void {
    this.#process.send(reason === null ? { type: 'go-on' } : { type: 'wait', reason });
  }

  /**
   * What it says, checked, until it has ended by itself with everything said.
   * @throws GardenerError `training.engine-broken`, `training.engine-other-protocol`, `training.engine-garbled`,
   *   `training.engine-hung`, `training.engine-died`, and those for what the engine says of its failure
   */
  async *said(): AsyncGenerator<Said> {
    const { engine } = this;
    let isGreeted = false;
    for await (const line of this.#process.lines()) {
      if (!isGreeted) {
        this.#greet(line);
        isGreeted = true;
        continue;
      }
      const parsed = lineSchema.safeParse(jsonOf(line));
      if (!parsed.success) throw garbled(engine, line);
      const { data } = parsed;
      if (data.type === 'error') throw failed(engine, data.kind, data.message);
      if (data.type !== 'alive') yield data;
    }
    if (this.#process.hasHung) throw hung(engine, this.#silenceMs);
    const end = await this.#process.end();
    // Killed from outside, also before its first word: that says nothing about its environment.
    if (end.signal === 'SIGKILL') throw died(engine, end);
    if (!isGreeted) throw broken(engine, end.stderr === '' ? end.reason : lastLine(end.stderr));
    if (end.exitCode !== 0) throw died(engine, end);
  }

  /** Ends it where it has not ended yet. */
  async end(): Promise<ProcessEnd> {
    return this.#process.end();
  }

  #greet(line: string): void {
    const hello = helloSchema.safeParse(jsonOf(line));
    if (!hello.success) throw garbled(this.engine, line);
    const { protocol } = hello.data;
    if (protocol !== PROTOCOL_VERSION) throw otherProtocol(this.engine, protocol, PROTOCOL_VERSION);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
