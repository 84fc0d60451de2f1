import { appendFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../../../../garden/errors/filesystem-error.js';
import type { WireError } from '../../../../garden/errors/wire-error.js';
import { readJsonIfPresent, writeJson } from '../../../../garden/files/json-state.js';
import { engineEventSchema } from '../../../engines/engine-events.js';
import { otherPackage } from '../api/ray-errors.js';
import { toldFile } from './attempt.js';

const wireErrorSchema: z.ZodType<WireError> = z.union([
  z.object({
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
    details: z.record(z.string(), z.unknown()),
    retryable: z.boolean(),
  }),
  z.object({ code: z.null(), name: z.string(), message: z.string(), stack: z.string() }),
]);

/** A line that a job tells. */
const toldSchema = z.discriminatedUnion('type', [
  /** Every few seconds, from the first moment on. */
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('event'), event: engineEventSchema }),
  z.object({ type: z.literal('error'), error: wireErrorSchema }),
  /** The last line: nothing of the job's is at work any more. */
  z.object({ type: z.literal('end') }),
]);

/** See `toldSchema`. */
export type Told = z.infer<typeof toldSchema>;

const LAST_LINE = `${JSON.stringify({ type: 'end' } satisfies Told)}\n`;
const READ_BYTES = 2 ** 20;
const NEWLINE = 10;

/** Adds a line; the file is closed each time, by which other machines get to see it. */
export async function tell(folder: string, attempt: number, line: Told): Promise<void> {
  await appendFile(toldFile(folder, attempt), `${JSON.stringify(line)}\n`);
}

/**
 * Waits until nothing of an attempt that is closed can be at work any more: it has said its last word, or nothing for
 * `quietMs`.
 */
export async function untilQuiet(
  folder: string,
  attempt: number,
  { quietMs, pollMs }: { quietMs: number; pollMs: number },
  signal: AbortSignal,
): Promise<void> {
  let size = -1;
  for (let since = performance.now(); !signal.aborted && performance.now() - since < quietMs; ) {
    const end = await endOf(toldFile(folder, attempt));
    // One that has told nothing has written nothing, and will find that it is closed.
    if (end === null || end.text.endsWith(LAST_LINE)) return;
    if (end.size !== size) since = performance.now();
    size = end.size;
    await delay(pollMs);
  }
}

async function endOf(file: string): Promise<{ size: number; text: string } | null> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const from = Math.max(0, size - LAST_LINE.length);
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(LAST_LINE.length),
        0,
        LAST_LINE.length,
        from,
      );
      return { size, text: buffer.toString('utf8', 0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw asFilesystemError(error, file, 'read');
  }
}

const reportedSchema = z.object({ attempt: z.number(), bytes: z.number().int().nonnegative() });

/** Reads what a job tells, and keeps how far it was taken into the run's events. */
export class ToldReader {
  #nextByte: number;
  #marked: number;

  private constructor(
    readonly folder: string,
    readonly attempt: number,
    from: number,
  ) {
    this.#nextByte = from;
    this.#marked = from;
  }

  /** Goes on where an earlier process of ours has stopped. @throws GardenerError `garden.damaged-file` */
  static async open(folder: string, attempt: number): Promise<ToldReader> {
    const reported = await readJsonIfPresent(join(folder, 'reported.json'), reportedSchema);
    return new ToldReader(folder, attempt, reported?.attempt === attempt ? reported.bytes : 0);
  }

  /**
   * What is new, at most a megabyte of it; nothing where there is no file yet.
   * @throws GardenerError `training.ray-other-package` for what is no line of ours
   */
  async read(): Promise<Told[]> {
    const file = toldFile(this.folder, this.attempt);
    let bytes: Buffer;
    try {
      // Opened anew each time: by that a network's file system looks at what others have written.
      const handle = await open(file, 'r');
      try {
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(READ_BYTES),
          0,
          READ_BYTES,
          this.#nextByte,
        );
        bytes = buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw asFilesystemError(error, file, 'read');
    }
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0 && bytes.length === READ_BYTES) throw otherPackage(bytes.toString('utf8', 0, 200));
    this.#nextByte += end;
    const lines = bytes.toString('utf8', 0, end).split('\n');
    return lines.filter((line) => line !== '').map(parsed);
  }

  /** Notes that all that was read is in the run's events. @throws GardenerError `garden.disk-full` */
  async markReported(): Promise<void> {
    if (this.#marked === this.#nextByte) return;
    const reported = { attempt: this.attempt, bytes: this.#nextByte };
    await writeJson(join(this.folder, 'reported.json'), reported, { compact: true });
    this.#marked = this.#nextByte;
  }
}

function parsed(line: string): Told {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw otherPackage(line);
  }
  const checked = toldSchema.safeParse(value);
  if (!checked.success) throw otherPackage(line);
  return checked.data;
}
