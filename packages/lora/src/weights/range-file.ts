import type { FileHandle } from 'node:fs/promises';
import { LoraError } from '../errors.js';
import { openRegularFile } from '../files.js';

/**
 * A file opened for reading in ranges. Never reads it as a whole: weights files pass 2 GiB, where Node's readFile
 * ends, and a model need not fit in memory twice.
 */
export class RangeFile implements AsyncDisposable {
  private constructor(
    readonly path: string,
    /** In bytes, when it was opened. */
    readonly size: number,
    private readonly handle: FileHandle,
  ) {}

  /**
   * @throws LoraError `weights.not-found`, `weights.unreadable`
   */
  static async open(path: string): Promise<RangeFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await openRegularFile(path);
      return new RangeFile(path, (await handle.stat()).size, handle);
    } catch (cause) {
      await handle?.close();
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new LoraError('weights.not-found', `There is no file ${path}.`, {
          remedy: 'Check the path, or download the model again.',
          details: { path },
          cause,
        });
      }
      throw new LoraError('weights.unreadable', `The file ${path} cannot be read.`, {
        remedy: 'Check that it is a file and that you may read it.',
        details: { path },
        cause,
      });
    }
  }

  /**
   * Fills `into` from byte `position` on.
   * @throws LoraError `weights.truncated` when the file ends first, `weights.unreadable`
   */
  async read(position: number, into: Uint8Array): Promise<void> {
    let done = 0;
    while (done < into.length) {
      const bytesRead = await this.readSome(into, done, position + done);
      if (bytesRead === 0) throw truncated(this.path, position + into.length, position + done);
      done += bytesRead;
    }
  }

  private async readSome(into: Uint8Array, offset: number, position: number): Promise<number> {
    try {
      return (await this.handle.read(into, offset, into.length - offset, position)).bytesRead;
    } catch (cause) {
      throw new LoraError('weights.unreadable', `The file ${this.path} cannot be read.`, {
        remedy: 'Check the disk, and that the file has not been closed already.',
        details: { path: this.path, position },
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

/** The error for a file that ends before its contents do. */
export function truncated(path: string, neededBytes: number, size: number): LoraError {
  return new LoraError(
    'weights.truncated',
    `The file ${path} ends after ${size} bytes, but its contents need ${neededBytes}.`,
    {
      remedy: 'The download was probably interrupted: delete the file and download it again.',
      details: { path, neededBytes, size },
    },
  );
}

/** The error for a file that contradicts its format; `problem` continues "The file X is damaged: ". */
export function corrupt(path: string, problem: string, details: Record<string, unknown> = {}): LoraError {
  return new LoraError('weights.corrupt', `The file ${path} is damaged: ${problem}.`, {
    remedy: 'Delete the file and download it again.',
    details: { path, ...details },
  });
}
