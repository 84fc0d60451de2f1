import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoraError } from '../errors.js';
import type { Graph } from './graph.js';
import type { HostTensor } from './host-tensor.js';
import { type ExternalData, encodeOnnx } from './onnx-encoding.js';

const MODEL_FILE = 'model.onnx';
const WEIGHTS_FILE = 'weights';

/** A graph in a file, its large constants in another beside it. */
export interface ModelFile extends AsyncDisposable {
  path: string;
}

/**
 * Writes a graph whose inputs of the given names become constants. ONNX Runtime maps such a file into memory instead
 * of reading it, and frees each constant once it has its own packed copy: the constants are never in memory twice. The
 * files are temporary; dispose deletes them.
 * @param fixed values of inputs by name, each used before the next is asked for
 * @throws LoraError `autodiff.no-temporary-file` when the disk is full or the folder cannot be
 * written to; what `fixed` throws
 */
export async function writeModelFile(
  graph: Graph,
  fixed: AsyncIterable<readonly [name: string, tensor: HostTensor]>,
): Promise<ModelFile> {
  const directory = await mkdtemp(join(tmpdir(), 'codebase-gardener-')).catch(noTemporaryFile);
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const external = await writeWeights(join(directory, WEIGHTS_FILE), fixed);
    const path = join(directory, MODEL_FILE);
    await writeFile(path, encodeOnnx(graph, external)).catch(noTemporaryFile);
    // Windows does not delete what is still mapped: such files stay in the folder for temporary files.
    return { path, [Symbol.asyncDispose]: () => remove().catch(() => undefined) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeWeights(
  path: string,
  fixed: AsyncIterable<readonly [string, HostTensor]>,
): Promise<Map<string, ExternalData>> {
  const external = new Map<string, ExternalData>();
  await using file = await open(path, 'w', 0o600);
  let offset = 0;
  for await (const [name, { data }] of fixed) {
    const { buffer, byteOffset, byteLength } = data as Float32Array;
    await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength)).catch(noTemporaryFile);
    external.set(name, { location: WEIGHTS_FILE, offset, length: byteLength });
    offset += byteLength;
  }
  return external;
}

function noTemporaryFile(cause: unknown): never {
  throw new LoraError(
    'autodiff.no-temporary-file',
    `The weights could not be written to the folder for temporary files, ${tmpdir()}.`,
    { remedy: 'Free some space there, or name another folder in TMPDIR.', cause },
  );
}
