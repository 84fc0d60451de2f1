import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileVersion } from '../../garden/files/file-version.js';
import { FactsLog, factsFile } from './facts-log.js';
import { MemoryGraph } from './memory-graph.js';
import type { SymbolGraph } from './symbol-graph.js';

/** How long the files of a large project are taken in before others get their turn. */
const TURN_MS = 10;

/** The symbol graph of an index folder, kept equal to what updates write there. */
export class GraphReader {
  readonly #directory: string;
  readonly #log: FactsLog;
  #graph: MemoryGraph | null = null;
  #version: string | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
    this.#log = new FactsLog(directory);
  }

  /**
   * The graph as it is now, or null where there is none that can be read: search then works without it, and the next
   * update makes it again. Only what has changed since the last call is read.
   */
  async current(): Promise<SymbolGraph | null> {
    const read = () => this.#catchUp();
    this.#reading = this.#reading.then(read, read);
    await this.#reading;
    return this.#graph;
  }

  async #catchUp(): Promise<void> {
    const version = await fileVersion(factsFile(this.#directory));
    if (version === this.#version) return;
    const changes = await this.#log.read();
    const graph = changes === null ? null : (this.#graph ?? new MemoryGraph());
    let turn = performance.now();
    for (const { path, facts } of changes ?? []) {
      const now = facts();
      if (now === null) graph?.delete(path);
      else graph?.set(path, now);
      if (performance.now() - turn < TURN_MS) continue;
      await nextTurn();
      turn = performance.now();
    }
    this.#graph = graph;
    this.#version = version;
  }
}
