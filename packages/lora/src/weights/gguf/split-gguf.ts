import { basename, dirname, join } from 'node:path';
import { LoraError } from '../../errors.js';
import { closeAll, combineSources, openParts } from '../combined-source.js';
import { corrupt } from '../range-file.js';
import type { MetadataValue, WeightSource } from '../weight-source.js';
import { openGgufFile } from './gguf-file.js';

/** More than any model has: the largest have some dozens, and each is an open file. */
const MAX_PARTS = 512;

/** llama.cpp's name of a part, counted from 1: `model-00001-of-00003.gguf`. */
const PART_NAME = /^(?<stem>.*)-(?<part>\d{5})-of-(?<count>\d{5})\.gguf$/s;

/** In how many parts a model was written: 1 where it is whole. */
export function partCount(metadata: ReadonlyMap<string, MetadataValue>): number {
  const count = metadata.get('split.count');
  return typeof count === 'number' && count > 1 ? count : 1;
}

/** The error of a part that is to be used where only a whole file will do, or whose other parts cannot be told. */
export function splitFile(path: string, why: string): LoraError {
  return new LoraError('weights.split-file', `The file ${path} is one part of a split GGUF${why}.`, {
    remedy: 'Join the parts first: llama-gguf-split --merge <first part> <joined file>.',
    details: { path },
  });
}

/**
 * Opens all parts of a split model. Metadata are those of the first part, which alone has them all; `path` is the first
 * part's, by which llama.cpp opens a model too.
 * @param found any part, opened: it is closed again
 * @throws LoraError `weights.split-file`, `weights.missing-part`, `weights.corrupt`, and what opening a GGUF throws
 */
export async function openSplitGguf(found: WeightSource): Promise<WeightSource> {
  const count = partCount(found.metadata);
  await found[Symbol.asyncDispose]();
  const paths = partPaths(found.path, count);
  const parts = await openParts(count, (index) => openPart(paths, index));
  try {
    const [first = found] = parts;
    const model = combineSources(first.path, parts, first.metadata);
    const promised = first.metadata.get('split.tensors.count');
    if (typeof promised === 'number' && promised !== model.tensors.size)
      throw corrupt(first.path, `its parts hold ${model.tensors.size} tensors, not ${promised}`);
    return model;
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
}

async function openPart(paths: readonly string[], index: number): Promise<WeightSource> {
  const path = paths[index] ?? '';
  const part = await openGgufFile(path).catch((error: unknown) => {
    throw LoraError.isInstance(error) && error.code === 'weights.not-found'
      ? missingPart(path, index, paths.length)
      : error;
  });
  const [number, count] = [part.metadata.get('split.no'), part.metadata.get('split.count')];
  if (number === index && count === paths.length) return part;
  await part[Symbol.asyncDispose]();
  throw corrupt(path, `it says it is part ${number} of ${count}, not ${index} (from 0) of ${paths.length}`);
}

function partPaths(path: string, count: number): string[] {
  const { stem, count: named } = PART_NAME.exec(basename(path))?.groups ?? {};
  if (count > MAX_PARTS || !Number.isInteger(count))
    throw corrupt(path, `it claims to be one of ${count} parts`);
  if (stem === undefined || Number(named) !== count)
    throw splitFile(path, ', but its name does not end as -00001-of-00002.gguf: the others cannot be found');
  const digits = (number: number) => `${number}`.padStart(5, '0');
  return Array.from({ length: count }, (_, index) =>
    join(dirname(path), `${stem}-${digits(index + 1)}-of-${digits(count)}.gguf`),
  );
}

function missingPart(path: string, index: number, count: number): LoraError {
  return new LoraError(
    'weights.missing-part',
    `The file ${path} is missing: part ${index + 1} of ${count}.`,
    {
      remedy: 'Download all parts of the model into one folder.',
      details: { path, part: index + 1, count },
    },
  );
}
