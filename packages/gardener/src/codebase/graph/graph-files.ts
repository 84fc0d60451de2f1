import { join } from 'node:path';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJsonIfPresent } from '../../garden/files/json-state.js';
import { fileFacts } from './file-facts.js';
import { type GraphData, graphData } from './graph-data.js';

/**
 * Version of the files of the graph. Raise it when facts are read or resolved differently:
 * every graph is then built again.
 */
export const GRAPH_SCHEMA_VERSION = 1;
/** A tree of a million lines makes about 30 MB. */
const MAX_GRAPH_BYTES = 256 * 1024 * 1024;

const schemaVersion = z.literal(GRAPH_SCHEMA_VERSION);
const storedFile = z.object({ path: z.string(), hash: z.string(), facts: fileFacts.nullable() });
const storedFacts = z.object({ schemaVersion, files: z.array(storedFile) });
const storedGraph = z.object({ schemaVersion, graph: graphData });
/** `paths`: sha256 of the paths of all files in the index, hex. */
const storedState = z.object({ schemaVersion, paths: z.string() });

/**
 * Its presence says that the other two files are complete and belong together; an update deletes
 * it first and writes it last.
 */
export const stateFile = (directory: string) => join(directory, 'graph-state.json');
/** What every file declares, imports and refers to. */
export const factsFile = (directory: string) => join(directory, 'symbols.json');
/** The file that `openSymbolGraph` reads: its time and size tell whether there is another graph to open. */
export const graphFile = (directory: string) => join(directory, 'graph.json');

/** The resolved graph of an index folder, or null where there is none that can be read. */
export async function readGraph(directory: string): Promise<GraphData | null> {
  return (await readOrNull(graphFile(directory), storedGraph))?.graph ?? null;
}

/** The facts of an index folder, or null where there are none that can be read. */
export async function readFacts(directory: string): Promise<z.infer<typeof storedFile>[] | null> {
  return (await readOrNull(factsFile(directory), storedFacts))?.files ?? null;
}

/** The hash of the paths that the graph was made of, or null while it may not be whole. */
export async function readState(directory: string): Promise<string | null> {
  return (await readOrNull(stateFile(directory), storedState))?.paths ?? null;
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
