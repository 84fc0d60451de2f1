import { GardenerError } from '../../garden/errors/garden-error.js';
import { JobProcess } from '../../garden/processes/job-process.js';
import { KeptProcess } from '../../garden/processes/kept-process.js';
import { oneAtATime } from '../../garden/processes/one-at-a-time.js';
import type { LanguageId } from '../languages/language.js';
import type { ChunkedSource, ParserProtocol } from './parser-protocol.js';

/**
 * Compiling a large grammar takes up to seconds, on a loaded machine more, and so does the start of a process: one that
 * takes longer is broken.
 */
const LOAD_TIMEOUT_MS = 60_000;

/**
 * The process that parses, one job at a time in the order in which they came. It is started by the first job and anew
 * after a job that had to be ended.
 */
export class ParserProcess {
  readonly #kept = new KeptProcess<ParserProtocol>(() => this.#launch());
  readonly #inTurn = oneAtATime();
  /** Languages that the living process is ready to read. */
  #loaded = new Set<LanguageId>();

  /**
   * Parses and chunks one source text.
   * @param timeoutMs from the moment in which the grammar is loaded
   * @throws GardenerError `codebase.parse-timeout`, `codebase.parse-failed`, `codebase.grammar-missing`
   */
  chunk(input: ParserProtocol['jobs']['chunk']['input'], timeoutMs: number): Promise<ChunkedSource> {
    return this.#inTurn(async () => {
      const { language } = input;
      const limit = (ms: number) => ({ ms, error: () => parseTimeout(language) });
      try {
        return await this.#kept.run(async (process) => {
          if (!this.#loaded.has(language)) {
            await process.run('load', language, { timeLimit: limit(LOAD_TIMEOUT_MS) });
            this.#loaded.add(language);
          }
          return process.run('chunk', input, { timeLimit: limit(timeoutMs) });
        });
      } catch (error) {
        if (GardenerError.isInstance(error)) throw error;
        // What broke inside WebAssembly may have left its memory broken.
        await this.#kept.end();
        throw parseFailed(language, error);
      }
    });
  }

  #launch(): Promise<JobProcess<ParserProtocol>> {
    this.#loaded = new Set();
    return JobProcess.start<ParserProtocol>({
      entry: new URL('./parser-child.js', import.meta.url),
      setup: null,
      startTimeoutMs: LOAD_TIMEOUT_MS,
      died: ({ reason, stderr }) => new Error(`the process ended (${reason}) ${stderr}`.trimEnd()),
    });
  }
}

function parseTimeout(language: string): GardenerError {
  return new GardenerError('codebase.parse-timeout', `Parsing a ${language} file took too long.`, {
    remedy: 'name the file in .gardenerignore if it is not worth reading',
  });
}

function parseFailed(language: string, reason: unknown): GardenerError {
  return new GardenerError('codebase.parse-failed', `A ${language} file could not be parsed.`, {
    remedy: 'name the file in .gardenerignore if it is not worth reading',
    details: { reason: String(reason) },
  });
}
