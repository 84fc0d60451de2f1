import { dirname, join } from 'node:path';
import { LoraError } from '../../errors.js';
import { readRegularFile } from '../../files.js';
import { closeAll, combineSources, openParts } from '../combined-source.js';
import { corrupt } from '../range-file.js';
import { printable } from '../tensor-places.js';
import type { WeightSource } from '../weight-source.js';
import { openSafetensors } from './safetensors-reader.js';

const MAX_INDEX_BYTES = 16 << 20; // as the header of one file with as many tensors
const MAX_SHARDS = 512; // the largest models have some 200, and each is an open file

/** A file beside the index: no folder, not `..`, no other way out. */
const PLAIN_NAME = /^[^/\\:\p{Cc}]{1,200}\.safetensors$/u;

/**
 * Opens a model whose safetensors lie in several files, by the index that Hugging Face writes beside them
 * (`model.safetensors.index.json`: `weight_map` gives for each tensor the file that holds it).
 * @throws LoraError `weights.missing-part`, `weights.corrupt` for an index that contradicts the files or names one
 *   outside its folder, and what `openSafetensors` throws
 */
export async function openShardedSafetensors(indexFile: string): Promise<WeightSource> {
  const weightMap = await readWeightMap(indexFile);
  const names = [...new Set(weightMap.values())];
  if (names.length > MAX_SHARDS) throw corrupt(indexFile, `it names ${names.length} files`);
  const parts = await openParts(names.length, (index) => openShard(indexFile, names[index] ?? ''));
  try {
    const shards = new Map(names.map((name, index) => [name, parts[index]]));
    for (const [tensor, name] of weightMap) {
      if (!shards.get(name)?.tensors.has(tensor))
        throw corrupt(indexFile, `the tensor "${printable(tensor)}" is not in ${name}`);
    }
    return combineSources(indexFile, parts, parts[0]?.metadata ?? new Map());
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
}

async function readWeightMap(indexFile: string): Promise<Map<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse((await readRegularFile(indexFile, MAX_INDEX_BYTES)).toString('utf8'));
  } catch (cause) {
    throw corrupt(indexFile, 'it cannot be read as JSON', { cause });
  }
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0)
    throw corrupt(indexFile, 'it has no weight_map');
  return new Map(Object.entries(map).map(([tensor, name]) => [tensor, checkedName(indexFile, name)]));
}

function checkedName(indexFile: string, name: unknown): string {
  if (typeof name === 'string' && PLAIN_NAME.test(name)) return name;
  throw corrupt(indexFile, `it names "${printable(String(name))}", which is no file beside it`);
}

async function openShard(indexFile: string, name: string): Promise<WeightSource> {
  const path = join(dirname(indexFile), name);
  try {
    return await openSafetensors(path);
  } catch (error) {
    if (!LoraError.isInstance(error) || error.code !== 'weights.not-found') throw error;
    throw new LoraError('weights.missing-part', `The file ${path}, a part of the model, is missing.`, {
      remedy: 'Download all parts of the model into one folder.',
      details: { path, index: indexFile },
    });
  }
}
