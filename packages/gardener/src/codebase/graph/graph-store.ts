import { mkdir } from 'node:fs/promises';
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

/** Version of both files of the graph. Another one is rebuilt from the code. */
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

const factsFile = (directory: string) => join(directory, 'symbols.json');
const graphFile = (directory: string) => join(directory, 'graph.json');

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

/** Keeps the symbol graph of an index folder equal to the files that go through an update. */
export class GraphRecorder {
  readonly #directory: string;
  readonly #files: Map<string, { hash: string; facts: FileFacts | null }>;
  #isChanged: boolean;

  private constructor(directory: string, files: GraphRecorderFiles, isChanged: boolean) {
    this.#directory = directory;
    this.#files = files;
    this.#isChanged = isChanged;
  }

  /** Begins with what is known of the files; with nothing where that cannot be read. */
  static async open(directory: string): Promise<GraphRecorder> {
    const stored = await readOrNull(factsFile(directory), storedFacts);
    const files = new Map((stored?.files ?? []).map(({ path, hash, facts }) => [path, { hash, facts }]));
    const hasGraph = stored !== null && (await readOrNull(graphFile(directory), storedGraph)) !== null;
    return new GraphRecorder(directory, files, !hasGraph);
  }

  /** Whether the graph knows this version of a file: one that it does not know must be parsed again. */
  knows(path: string, hash: string): boolean {
    return this.#files.get(path)?.hash === hash;
  }

  /**
   * Passes on all files of a codebase and notes what they declare. When all have gone through, the graph is resolved and
   * written; when the update is broken off, the graph stays as it was.
   */
  async *record<Item extends GraphItem>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    const seen = new Set<string>();
    for await (const item of items) {
      const isLeftOut = item.outcome === 'skipped' || item.outcome === 'failed';
      if (!isLeftOut) seen.add(item.path);
      if (item.facts !== undefined && item.hash !== undefined && !this.knows(item.path, item.hash)) {
        const facts = isCode(item.facts.language) ? item.facts : null;
        this.#files.set(item.path, { hash: item.hash, facts });
        this.#isChanged = true;
      }
      yield item;
    }
    for (const path of [...this.#files.keys()]) {
      if (seen.has(path)) continue;
      this.#files.delete(path);
      this.#isChanged = true;
    }
    if (this.#isChanged) await this.#write();
  }

  async #write(): Promise<void> {
    const files = [...this.#files]
      .map(([path, { hash, facts }]) => ({ path, hash, facts }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const code = files.flatMap(({ path, facts }) => (facts === null ? [] : [{ path, facts }]));
    const graph = buildGraph(code);
    await mkdir(this.#directory, { recursive: true });
    // The facts last: after a crash in between, the files that changed are still unknown, and the next update resolves again.
    const compact = { compact: true };
    await writeJson(graphFile(this.#directory), { schemaVersion: GRAPH_SCHEMA_VERSION, graph }, compact);
    await writeJson(factsFile(this.#directory), { schemaVersion: GRAPH_SCHEMA_VERSION, files }, compact);
    this.#isChanged = false;
  }
}

type GraphRecorderFiles = Map<string, { hash: string; facts: FileFacts | null }>;

async function readOrNull<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return await readJsonIfPresent(file, schema, { maxBytes: MAX_GRAPH_BYTES });
  } catch (error) {
    // It was set aside by the reader. All that is in it can be read from the code again.
    if (GardenerError.isInstance(error) && error.code === 'garden.damaged-file') return null;
    throw error;
  }
}
