import type { WeightSource } from '../weight-source.js';
import { openGgufFile } from './gguf-file.js';
import { openSplitGguf, partCount } from './split-gguf.js';

/**
 * Opens a GGUF (version 2 or 3) and reads its header; tensors are read when asked for. Close it after use. Of a model
 * in several parts (`model-00001-of-00003.gguf`), any part opens all.
 * @throws LoraError `weights.not-found`, `weights.unreadable`, `weights.not-gguf`, `weights.unsupported-version`,
 *   `weights.truncated`, `weights.corrupt`, `weights.split-file`, `weights.missing-part`
 */
export async function openGguf(path: string): Promise<WeightSource> {
  const source = await openGgufFile(path);
  return partCount(source.metadata) === 1 ? source : await openSplitGguf(source);
}
