import { isCode } from '../languages/languages.js';
import type { FileOutcome, FileVersion } from '../walk/file-outcome.js';
import type { FactsEntry, FactsLog } from './facts-log.js';
import type { FileFacts } from './file-facts.js';

/** What goes through an update of the index, as far as the graph is concerned. */
export interface GraphItem {
  path: string;
  /** Of a file that was parsed. */
  hash?: string;
  allowedSecrets?: string[];
  facts?: FileFacts;
  /** Of a file that is not in the index: `skipped` or `failed`. */
  outcome?: string;
}

/** The version of a file: facts that were read by another one are read again. */
export type FileStamp = (file: { hash: string; allowedSecrets?: string[] }) => string;

/** Keeps the facts of an index folder equal to the files that go through an update. */
export class GraphRecorder {
  readonly #log: FactsLog;
  readonly #stamped: FileStamp;
  readonly #fresh = new Map<string, FactsEntry>();
  readonly #seen = new Set<string>();
  #hasEnded = false;

  private constructor(log: FactsLog, stamped: FileStamp) {
    this.#log = log;
    this.#stamped = stamped;
  }

  /** Begins an update of the facts that a log holds; nobody else may write to it meanwhile. */
  static async begin(log: FactsLog, stamped: FileStamp): Promise<GraphRecorder> {
    await log.read();
    return new GraphRecorder(log, stamped);
  }

  /** Whether the log has what the graph needs of a file as it was when it was read. If not, it must be parsed again. */
  knows({ version: { hash }, ...file }: FileOutcome & { version: FileVersion }): boolean {
    const { path, outcome, reason } = file;
    const stamp = this.#log.stampOf(path);
    const isParsed = outcome === 'indexed' || reason === 'no-code';
    return stamp === undefined ? !isParsed : stamp === this.#stamped({ ...file, hash });
  }

  /** Passes on all files of a codebase and notes what they declare. */
  async *record<Item extends GraphItem>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) {
      const { path, hash, facts, outcome } = item;
      const stamp = hash === undefined ? undefined : this.#stamped({ ...item, hash });
      if (outcome !== 'skipped' && outcome !== 'failed') this.#seen.add(path);
      if (stamp !== undefined && stamp !== this.#log.stampOf(path)) {
        const isOfCode = facts !== undefined && isCode(facts.language);
        this.#fresh.set(path, { path, stamp, facts: isOfCode ? facts : null });
      }
      yield item;
    }
    this.#hasEnded = true;
  }

  /**
   * Writes down what has changed. After an update that was broken off that is what it came to; the next one parses what
   * is missing.
   * @throws GardenerError what cannot be written
   */
  async save(): Promise<void> {
    const gone = this.#hasEnded ? [...this.#log.paths].filter((path) => !this.#seen.has(path)) : [];
    const entries = [...this.#fresh.values(), ...gone.map((path) => ({ path, stamp: null, facts: null }))];
    if (entries.length > 0) await this.#log.add(entries);
  }
}
