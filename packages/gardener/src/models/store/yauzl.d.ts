// The part of yauzl 3 that unpack-wheel.ts uses; the package ships no types.
declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface Entry {
    fileName: string;
    uncompressedSize: number;
  }

  export interface ZipFile {
    readonly entryCount: number;
    openReadStreamPromise(entry: Entry): Promise<Readable>;
    eachEntry(): AsyncIterable<Entry>;
    close(): void;
  }

  export function openPromise(
    path: string,
    options: { lazyEntries: boolean; autoClose: boolean },
  ): Promise<ZipFile>;
}
