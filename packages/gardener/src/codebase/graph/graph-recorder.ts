import { isCode } from '../languages/languages.js';
import type { FileOutcome, FileVersion } from '../walk/file-outcome.js';
import type { FactsEntry, FactsLog } from './facts-log.js';
import type { FileFacts } from './file-facts.js';

/** What goes through an update of the index, as far as the graph is concerned. */
export interface GraphItem {
  path: string;
  /** Of a file that was parsed. */
  hash?: string;
  facts?: FileFacts;
  /** Of a file that is not in the index: `skipped` or `failed`. */
  outcome?: string;
}

/** Keeps the facts of an index folder equal to the files that go through an update. */
export class GraphRecorder {
  readonly #log: FactsLog;
  readonly #fresh = new Map<string, FactsEntry>();
  readonly #seen = new Set<string>();
  #hasEnded = false;

  private constructor(log: FactsLog) {
    this.#log = log;
  }

  /** Begins an update of the facts that a log holds; nobody else may write to it meanwhile. */
  static async begin(log: FactsLog): Promise<GraphRecorder> {
    await log.read();
    return new GraphRecorder(log);
  }

  /** Whether the log has what the graph needs of a file as it was when it was read. If not, it must be parsed again. */
  knows({ path, outcome, reason, version }: FileOutcome & { version: FileVersion }): boolean {
    const hash = this.#log.hashOf(path);
    const isParsed = outcome === 'indexed' || reason === 'no-code';
    return hash === undefined ? !isParsed : hash === version.hash;
  }

  /** Passes on all files of a codebase and notes what they declare. */
  async *record<Item extends GraphItem>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) {
      const { path, hash, facts, outcome } = item;
      if (outcome !== 'skipped' && outcome !== 'failed') this.#seen.add(path);
      if (hash !== undefined && hash !== this.#log.hashOf(path)) {
        const isOfCode = facts !== undefined && isCode(facts.language);
        this.#fresh.set(path, { path, hash, facts: isOfCode ? facts : null });
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
    const entries = [...this.#fresh.values(), ...gone.map((path) => ({ path, hash: null, facts: null }))];
    if (entries.length > 0) await this.#log.add(entries);
  }
}
