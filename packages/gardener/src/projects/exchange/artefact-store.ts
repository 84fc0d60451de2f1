/** What lies in a folder of a store. A link, a pipe or a device is none of the two that are read: `other`. */
export interface StoredEntry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  bytes: number;
}

/**
 * A place that several machines share. A key is a path of plain names with slashes between them; nothing else leads
 * anywhere. Small on purpose: what a folder and an object store can both do.
 */
export interface ArtefactStore {
  /** Where it is, as a person wrote it or would write it. */
  readonly place: string;
  /** What lies directly in a folder, '' for the whole; empty where there is no such folder. */
  list(folder: string): Promise<StoredEntry[]>;
  /** The bytes of a file, in blocks. Throws where there is none, or where it is no file of the store's own. */
  read(key: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Writes a file, made whole before it can be seen: a reader meets the old one, the new one or none. */
  write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
}
