import { RangeFile } from './range-file.js';
import { findTensor, readRowsFloat32, readTensorFloat32, type StoredTensor } from './tensor-reader.js';
import type { MetadataValue, WeightFormat, WeightSource } from './weight-source.js';

/** What the header of a weights file says, whatever its format. */
export interface WeightsHeader {
  metadata: ReadonlyMap<string, MetadataValue>;
  tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Opens one weights file: its header is read at once, its tensors when asked for. Close it after use.
 * @param readHeader reads and checks the header in the file's own format
 * @throws LoraError `weights.not-found`, `weights.unreadable`, and what `readHeader` throws; the file is closed then
 */
export async function openWeightsFile(
  path: string,
  format: WeightFormat,
  readHeader: (file: RangeFile) => Promise<WeightsHeader>,
): Promise<WeightSource> {
  const file = await RangeFile.open(path);
  try {
    const { metadata, tensors } = await readHeader(file);
    return {
      path,
      files: [path],
      format,
      metadata,
      tensors,
      async readFloat32(name, into) {
        return await readTensorFloat32(file, findTensor(tensors, name, path), into);
      },
      async readRowsFloat32(name, rows) {
        return await readRowsFloat32(file, findTensor(tensors, name, path), rows);
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}
