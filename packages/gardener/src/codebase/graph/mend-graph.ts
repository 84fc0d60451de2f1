import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { writeJson } from '../../garden/files/json-state.js';
import type { FileFacts } from './file-facts.js';
import { buildGraph } from './graph-data.js';
import { factsFile, GRAPH_SCHEMA_VERSION, graphFile, readFacts, stateFile } from './graph-files.js';

/** What the graph keeps of a file: null for one that is not code and has no place in it. */
export interface KnownFacts {
  /** sha256 of the bytes that the facts were read from, hex. */
  hash: string;
  facts: FileFacts | null;
}

/** What an update of the index means for the graph in a folder. */
export interface GraphChange {
  directory: string;
  /** Hash of the paths of the files in the stored facts; null where there are none that could be kept. */
  earlierPaths: string | null;
  /** Every file in the index. */
  seen: ReadonlySet<string>;
  /** The files that were parsed in this update, by path. */
  fresh: ReadonlyMap<string, KnownFacts>;
}

/**
 * Builds the graph of an index folder from the stored facts and those of the files parsed now,
 * writes it, and marks it complete.
 */
export async function mendGraph({ directory, earlierPaths, seen, fresh }: GraphChange): Promise<void> {
  const paths = hashOfPaths(seen);
  const files = new Map<string, KnownFacts>();
  if (earlierPaths !== null) {
    const stored = await readFacts(directory);
    // The stored facts are damaged: those of files that were not parsed now are lost, and the
    // next update parses those files.
    if (stored === null) return;
    for (const { path, hash, facts } of stored) if (seen.has(path)) files.set(path, { hash, facts });
  }
  const isNews = [...fresh].some(([path, { hash }]) => files.get(path)?.hash !== hash);
  if (isNews || paths !== earlierPaths) {
    for (const [path, known] of fresh) files.set(path, known);
    await writeGraph(directory, files);
  }
  await writeJson(stateFile(directory), { schemaVersion: GRAPH_SCHEMA_VERSION, paths });
}

async function writeGraph(directory: string, known: ReadonlyMap<string, KnownFacts>): Promise<void> {
  const files = [...known]
    .map(([path, { hash, facts }]) => ({ path, hash, facts }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const code = files.flatMap(({ path, facts }) => (facts === null ? [] : [{ path, facts }]));
  const graph = buildGraph(code);
  await mkdir(directory, { recursive: true });
  const compact = { compact: true };
  await writeJson(graphFile(directory), { schemaVersion: GRAPH_SCHEMA_VERSION, graph }, compact);
  await writeJson(factsFile(directory), { schemaVersion: GRAPH_SCHEMA_VERSION, files }, compact);
}

/** sha256 of a set of paths, hex. */
export function hashOfPaths(paths: ReadonlySet<string>): string {
  return createHash('sha256')
    .update([...paths].sort().join('\0'))
    .digest('hex');
}
