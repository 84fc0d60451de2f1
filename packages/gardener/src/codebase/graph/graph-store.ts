import { rm } from 'node:fs/promises';
import { isThere } from '../../garden/files/file-version.js';
import { isCode } from '../languages/languages.js';
import type { FileFacts } from './file-facts.js';
import { buildGraph } from './graph-data.js';
import { factsFile, graphFile, readGraph, readState, stateFile } from './graph-files.js';
import { mendGraphApart } from './graph-process.js';
import { MemoryGraph } from './memory-graph.js';
import { hashOfPaths, type KnownFacts, mendGraph } from './mend-graph.js';
import type { ProjectFacts } from './resolve-references.js';
import type { SymbolGraph } from './symbol-graph.js';

export { graphFile } from './graph-files.js';

/**
 * From this many files on the graph is built in a process of its own: starting one costs less than blocking this one.
 */
const APART_FROM_FILES = 500;

/**
 * The symbol graph of an index folder, or null where there is none, or none that can be read: search then works without
 * it, and the next update builds it again.
 */
export async function openSymbolGraph(directory: string): Promise<SymbolGraph | null> {
  const graph = await readGraph(directory);
  return graph === null ? null : new MemoryGraph(graph);
}

/** The graph of files whose facts are at hand. */
export function symbolGraphOf(files: ProjectFacts): SymbolGraph {
  return new MemoryGraph(buildGraph(files));
}

/** What goes through an update of the index, as far as the graph is concerned. */
export interface GraphItem {
  path: string;
  /** Of a file that was parsed. */
  hash?: string;
  facts?: FileFacts;
  /** Of a file that is not in the index: `skipped` or `failed`. */
  outcome?: string;
}

/**
 * Keeps the symbol graph of an index folder equal to the files that go through an update. An update that
 * changes nothing costs two small reads; what the graph needs is read, resolved and written by `save`,
 * after the rows of the index are.
 */
export class GraphRecorder {
  readonly #directory: string;
  readonly #earlierPaths: string | null;
  readonly #apartFrom: number;
  readonly #fresh = new Map<string, KnownFacts>();
  readonly #seen = new Set<string>();
  #isDirty = false;
  #hasEnded = false;

  private constructor(directory: string, earlierPaths: string | null, apartFrom: number) {
    this.#directory = directory;
    this.#earlierPaths = earlierPaths;
    this.#apartFrom = apartFrom;
  }

  /**
   * Begins an update of the graph of an index folder.
   * @param apartFrom the graph of so many files and more is made in a process of its own
   */
  static async open(directory: string, apartFrom = APART_FROM_FILES): Promise<GraphRecorder> {
    const paths = await readState(directory);
    const isWhole =
      paths !== null && (await isThere(factsFile(directory))) && (await isThere(graphFile(directory)));
    return new GraphRecorder(directory, isWhole ? paths : null, apartFrom);
  }

  /** Whether the graph holds the files of the last update. If not, every file must be parsed again. */
  get isComplete(): boolean {
    return this.#earlierPaths !== null;
  }

  /** Passes on all files of a codebase and notes what they declare. */
  async *record<Item extends GraphItem>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) {
      const isLeftOut = item.outcome === 'skipped' || item.outcome === 'failed';
      if (!isLeftOut) this.#seen.add(item.path);
      if (item.facts !== undefined && item.hash !== undefined) {
        const facts = isCode(item.facts.language) ? item.facts : null;
        this.#fresh.set(item.path, { hash: item.hash, facts });
        await this.#markDirty();
      }
      yield item;
    }
    this.#hasEnded = true;
  }

  /**
   * Resolves and writes the graph when anything has changed. Does nothing when the update was broken off: the graph
   * stays as it was, and the next update parses every file again.
   * @throws GardenerError `codebase.graph-failed`, and what cannot be written
   */
  async save(): Promise<void> {
    if (!this.#hasEnded) return;
    const isAsBefore = this.#fresh.size === 0 && hashOfPaths(this.#seen) === this.#earlierPaths;
    if (isAsBefore) return;
    await this.#markDirty();
    const mend = this.#seen.size < this.#apartFrom ? mendGraph : mendGraphApart;
    await mend({
      directory: this.#directory,
      earlierPaths: this.#earlierPaths,
      seen: this.#seen,
      fresh: this.#fresh,
    });
  }

  // This happens before a file's rows change: a process that is killed from here on leaves a graph
  // that is known to be out of date.
  async #markDirty(): Promise<void> {
    if (this.#isDirty) return;
    this.#isDirty = true;
    await rm(stateFile(this.#directory), { force: true });
  }
}
