import { corrupt } from './range-file.js';
import { printable } from './tensor-places.js';
import { findTensor } from './tensor-reader.js';
import type { MetadataValue, TensorInfo, WeightSource } from './weight-source.js';

/** A tensor and the part that holds it. */
interface PlacedTensor extends TensorInfo {
  part: WeightSource;
}

/**
 * A model whose tensors lie in several files, as one. Closing it closes all parts.
 * @param path what the model is called in errors: its first part, or the file that lists the parts
 * @throws LoraError `weights.corrupt` where two parts hold a tensor of one name
 */
export function combineSources(
  path: string,
  parts: readonly WeightSource[],
  metadata: ReadonlyMap<string, MetadataValue>,
): WeightSource {
  const tensors = new Map<string, PlacedTensor>();
  for (const part of parts) {
    for (const tensor of part.tensors.values()) {
      const { name } = tensor;
      if (tensors.has(name))
        throw corrupt(part.path, `another part of the model has a tensor "${printable(name)}" too`);
      tensors.set(name, { ...tensor, part });
    }
  }
  return {
    path,
    files: parts.flatMap(({ files }) => files),
    format: parts[0]?.format ?? 'gguf',
    metadata,
    tensors,
    async readFloat32(name, into) {
      return await findTensor(tensors, name, path).part.readFloat32(name, into);
    },
    async readRowsFloat32(name, rows) {
      return await findTensor(tensors, name, path).part.readRowsFloat32(name, rows);
    },
    [Symbol.asyncDispose]: () => closeAll(parts),
  };
}

/**
 * Opens every part, one after the other; where one cannot be opened, those before it are closed again.
 * @param open what opens the part of this index
 */
export async function openParts(
  count: number,
  open: (index: number) => Promise<WeightSource>,
): Promise<WeightSource[]> {
  const parts: WeightSource[] = [];
  try {
    for (let index = 0; index < count; index++) parts.push(await open(index));
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
  return parts;
}

/** Closes all files of a model. */
export async function closeAll(parts: readonly WeightSource[]): Promise<void> {
  await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
}
