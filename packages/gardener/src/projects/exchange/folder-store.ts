import { type FileHandle, lstat, open, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openRegularFile } from '@codebase-gardener/lora/files';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { makeFolder } from '../../garden/files/make-folder.js';
import { randomId } from '../../garden/files/random-id.js';
import { renameOver } from '../../garden/files/replace-file.js';
import type { ArtefactStore, StoredEntry } from './artefact-store.js';

const BLOCK_BYTES = 1 << 20;
const PLAIN = /^[^./\\:\0][^/\\:\0]*$/;

/**
 * A store in a folder, such as one that machines share. The folder itself may be a link; nothing in it is followed
 * that is one: whoever may write there must not lead a reader, or a writer, elsewhere.
 */
export class FolderStore implements ArtefactStore {
  /** @param place absolute */
  constructor(readonly place: string) {}

  async list(folder: string): Promise<StoredEntry[]> {
    const path = this.#path(folder);
    try {
      await this.#refuseLinks(folder);
      const entries = await readdir(path, { withFileTypes: true });
      return await Promise.all(
        entries.map(async (entry) => ({
          name: entry.name,
          kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other',
          bytes: entry.isFile() ? (await lstat(join(path, entry.name))).size : 0,
        })),
      );
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw asFilesystemError(error, path, 'read');
    }
  }

  async *read(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const path = this.#path(key);
    try {
      await this.#refuseLinks(key);
      await using handle = await openRegularFile(path);
      const options = { highWaterMark: BLOCK_BYTES, autoClose: false, ...(signal && { signal }) };
      for await (const block of handle.createReadStream(options)) yield block as Buffer;
    } catch (error) {
      throw failure(error, path, 'read');
    }
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key);
    const forming = join(dirname(path), `.${basename(path)}.${randomId()}.partial`);
    try {
      signal?.throwIfAborted();
      const folder = key.split('/').slice(0, -1).join('/');
      await this.#refuseLinks(folder);
      await makeFolder(dirname(path));
      await this.#refuseLinks(folder);
      await writeWhole(await open(forming, 'wx'), content, signal);
      await renameOver(forming, path);
    } catch (error) {
      await rm(forming, { force: true }).catch(() => undefined);
      throw failure(error, path, 'write');
    }
  }

  #path(key: string): string {
    if (key === '') return this.place;
    const parts = key.split('/');
    // Names are checked where they come in; a path made of one that was not must not be used.
    if (!parts.every((part) => PLAIN.test(part)))
      throw new Error(`${JSON.stringify(key)} is no key of a store`);
    return join(this.place, ...parts);
  }

  /** @throws GardenerError `training.store-has-link` where any part of a key is a link */
  async #refuseLinks(key: string): Promise<void> {
    const parts = key.split('/').filter((part) => part !== '');
    for (let length = 1; length <= parts.length; length++) {
      const path = join(this.place, ...parts.slice(0, length));
      const facts = await lstat(path).catch(() => null);
      if (!facts?.isSymbolicLink()) continue;
      throw new GardenerError('training.store-has-link', `${path} is a link, which is not followed.`, {
        remedy: 'Put the files themselves there, or give the folder that it points to.',
        details: { path },
      });
    }
  }
}

/** Writes all of it and waits until the disk has it. */
async function writeWhole(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await writeFile(handle, content, signal ? { signal } : {});
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What failed in the file system, as a sentence; what is neither its fault nor a sentence yet (Ctrl-C) as it is. */
function failure(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return isAbort ? error : asFilesystemError(error, path, doing);
}
