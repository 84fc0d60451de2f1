import { createHash } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors.js';
import { readJsonIfPresent, writeJson } from '../../garden/json-state.js';
import { isCode } from '../languages.js';
import { type FileFacts, fileFacts } from './file-facts.js';
import { buildGraph, graphData } from './graph-data.js';
import { MemoryGraph } from './memory-graph.js';
import type { ProjectFacts } from './resolve-references.js';
import type { SymbolGraph } from './symbol-graph.js';

/** Version of the files of the graph: raise it when facts are read or resolved in another way. All is then made anew. */
const GRAPH_SCHEMA_VERSION = 1;
/** A tree of a million lines makes about 30 MB. */
const MAX_GRAPH_BYTES = 256 * 1024 * 1024;

const storedFile = z.object({
  path: z.string(),
  /** sha256 of the bytes that the facts were read from, hex. */
  hash: z.string(),
  /** Null for a file that is not code and has no place in the graph. */
  facts: fileFacts.nullable(),
});

const storedFacts = z.object({ schemaVersion: z.literal(GRAPH_SCHEMA_VERSION), files: z.array(storedFile) });
const storedGraph = z.object({ schemaVersion: z.literal(GRAPH_SCHEMA_VERSION), graph: graphData });

const storedState = z.object({
  schemaVersion: z.literal(GRAPH_SCHEMA_VERSION),
  /** sha256 of the paths of all files in the index, hex. */
  paths: z.string(),
});

/** Says that both other files are whole and belong together; absent while they may not be. */
const stateFile = (directory: string) => join(directory, 'graph-state.json');
const factsFile = (directory: string) => join(directory, 'symbols.json');
/** The file that `openSymbolGraph` reads: its time and size tell whether there is another graph to open. */
export const graphFile = (directory: string) => join(directory, 'graph.json');

/**
 * The symbol graph of an index folder, or null where there is none, or none that can be read: search then does without, and
 * the next update makes it anew.
 */
export async function openSymbolGraph(directory: string): Promise<SymbolGraph | null> {
  const stored = await readOrNull(graphFile(directory), storedGraph);
  return stored === null ? null : new MemoryGraph(stored.graph);
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

interface KnownFacts {
  hash: string;
  facts: FileFacts | null;
}

/**
 * Keeps the symbol graph of an index folder equal to the files that go through an update. An update that changes nothing costs
 * two small reads; what the graph needs is read, resolved and written by `save`, after the rows of the index are.
 */
export class GraphRecorder {
  readonly #directory: string;
  readonly #earlierPaths: string | null;
  readonly #fresh = new Map<string, KnownFacts>();
  readonly #seen = new Set<string>();
  #isDirty = false;
  #hasEnded = false;

  private constructor(directory: string, earlierPaths: string | null) {
    this.#directory = directory;
    this.#earlierPaths = earlierPaths;
  }

  /** Begins an update of the graph of an index folder. */
  static async open(directory: string): Promise<GraphRecorder> {
    const state = await readOrNull(stateFile(directory), storedState);
    const isThere = (file: string) =>
      stat(file).then(
        () => true,
        () => false,
      );
    const isWhole =
      state !== null && (await isThere(factsFile(directory))) && (await isThere(graphFile(directory)));
    return new GraphRecorder(directory, isWhole ? state.paths : null);
  }

  /** Whether the files of the update before are in the graph. Where they are not, every file must be parsed again. */
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
   * Resolves and writes the graph when anything has changed. Does nothing when the update was broken off: the graph stays as it
   * was, and the next update parses every file again.
   */
  async save(): Promise<void> {
    if (!this.#hasEnded) return;
    const paths = hashOf(this.#seen);
    if (this.isComplete && this.#fresh.size === 0 && paths === this.#earlierPaths) return;
    await this.#markDirty();
    const files = new Map<string, KnownFacts>();
    if (this.isComplete) {
      const stored = await readOrNull(factsFile(this.#directory), storedFacts);
      // Damaged: the facts of files that were not parsed now are gone, and the next update parses them.
      if (stored === null) return;
      for (const { path, hash, facts } of stored.files) {
        if (this.#seen.has(path)) files.set(path, { hash, facts });
      }
    }
    const isNews = [...this.#fresh].some(([path, { hash }]) => files.get(path)?.hash !== hash);
    if (isNews || paths !== this.#earlierPaths) {
      for (const [path, known] of this.#fresh) files.set(path, known);
      await this.#write(files);
    }
    await writeJson(stateFile(this.#directory), { schemaVersion: GRAPH_SCHEMA_VERSION, paths });
  }

  async #write(known: ReadonlyMap<string, KnownFacts>): Promise<void> {
    const files = [...known]
      .map(([path, { hash, facts }]) => ({ path, hash, facts }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const code = files.flatMap(({ path, facts }) => (facts === null ? [] : [{ path, facts }]));
    const graph = buildGraph(code);
    await mkdir(this.#directory, { recursive: true });
    const compact = { compact: true };
    await writeJson(graphFile(this.#directory), { schemaVersion: GRAPH_SCHEMA_VERSION, graph }, compact);
    await writeJson(factsFile(this.#directory), { schemaVersion: GRAPH_SCHEMA_VERSION, files }, compact);
  }

  // Before a file's rows change: who is killed from here on leaves a graph that says it may be old.
  async #markDirty(): Promise<void> {
    if (this.#isDirty) return;
    this.#isDirty = true;
    await rm(stateFile(this.#directory), { force: true });
  }
}

function hashOf(paths: ReadonlySet<string>): string {
  return createHash('sha256')
    .update([...paths].sort().join('\0'))
    .digest('hex');
}

async function readOrNull<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return await readJsonIfPresent(file, schema, { maxBytes: MAX_GRAPH_BYTES });
  } catch (error) {
    // It was set aside by the reader. All that is in it can be read from the code again.
    if (GardenerError.isInstance(error) && error.code === 'garden.damaged-file') return null;
    throw error;
  }
}
