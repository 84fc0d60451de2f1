import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openRegularFile } from '@codebase-gardener/lora/files';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { randomId } from '../../garden/files/random-id.js';
import { replaceFile } from '../../garden/files/replace-file.js';
import { type FileFacts, readFacts } from './file-facts.js';

/** Raise it when facts are read or written differently: all files are then parsed again. */
const FACTS_VERSION = 3;
/** A tree of a million lines makes about 30 MB. */
const MAX_LOG_BYTES = 512 * 1024 * 1024;
/** Lines that later ones have replaced may take this share of the room of the others, and so many bytes more. */
const SPARE_SHARE = 0.25;
const SPARE_BYTES = 16 * 1024;
/** What earlier versions kept beside an index. */
const OUTDATED_FILES = ['graph.json', 'symbols.json', 'graph-state.json'];
const NEWLINE = 0x0a;
const TAB = 0x09;

/** What the log says of a file that it did not say before. */
export interface FactsChange {
  path: string;
  /** What the file declares, imports and refers to; null when it is gone, or not code. */
  facts(): FileFacts | null;
}

/** A file to be written down: null for a stamp when it is gone, null for facts when it is not code. */
export interface FactsEntry {
  path: string;
  /** The version of the file that the facts were read from. */
  stamp: string | null;
  facts: FileFacts | null;
}

interface Line {
  path: string;
  stamp: string | null;
  /** All of it, with the line end. */
  bytes: Buffer;
  /** Its facts as JSON. */
  facts: Buffer;
}

/** The log of an index folder: its time and size tell whether there is something new in it. */
export const factsFile = (directory: string) => join(directory, 'facts.log');

/**
 * What every file of a project declares, imports and refers to, on disk: one line a file, and the last line of a path
 * holds. What changes is added at the end, so an update writes, and a reader that has read before reads, as much as has
 * changed. A line that a crash left torn ends the log; whoever writes next cuts it off there.
 */
export class FactsLog {
  readonly #directory: string;
  readonly #files = new Map<string, { stamp: string; bytes: number }>();
  /** Which log was read, and up to where. */
  #read: { id: string; end: number } | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Stamp of the file that the facts of a path were read from, or undefined where there are none. */
  stampOf(path: string): string | undefined {
    return this.#files.get(path)?.stamp;
  }

  /** The files in it. */
  get paths(): Iterable<string> {
    return this.#files.keys();
  }

  /**
   * What has changed since the last call; null where there is no log that can be read.
   * @throws garden.permission-denied, garden.file-operation-failed
   */
  async read(): Promise<FactsChange[] | null> {
    const found = await this.#newLines();
    if (found === null) {
      this.#files.clear();
      this.#read = null;
      return null;
    }
    const latest = new Map(found.lines.map((line) => [line.path, line]));
    this.#read = { id: found.id, end: found.end };
    const gone = found.isWhole ? [...this.#files.keys()].filter((path) => !latest.has(path)) : [];
    const changes: FactsChange[] = gone.map((path) => ({ path, facts: () => null }));
    for (const path of gone) this.#files.delete(path);
    for (const line of latest.values()) {
      const before = this.#files.get(line.path)?.stamp ?? null;
      this.#note(line);
      if (line.stamp !== before) changes.push({ path: line.path, facts: () => readFacts(line.facts) });
    }
    return changes;
  }

  /**
   * Adds entries. Only one process may do so at a time, and it must have read the log before.
   * @throws garden.disk-full, garden.permission-denied, garden.file-operation-failed; the log then holds what it held
   */
  async add(entries: readonly FactsEntry[]): Promise<void> {
    const lines = entries.map(lineOf);
    const added = Buffer.concat(lines.map(({ bytes }) => bytes));
    const replaced = new Set(lines.map(({ path }) => path));
    let live = added.length;
    for (const [path, { bytes }] of this.#files) if (!replaced.has(path)) live += bytes;
    if (this.#read === null || this.#read.end + added.length > (1 + SPARE_SHARE) * live + SPARE_BYTES) {
      await this.#writeAnew(lines);
    } else {
      await this.#append(added, this.#read.end);
      this.#read.end += added.length;
    }
    for (const line of lines) this.#note(line);
  }

  #note({ path, stamp, bytes }: Line): void {
    if (stamp === null) this.#files.delete(path);
    else this.#files.set(path, { stamp, bytes: bytes.length });
  }

  async #append(added: Buffer, end: number): Promise<void> {
    const file = factsFile(this.#directory);
    try {
      const handle = await open(file, 'r+');
      try {
        await handle.truncate(end);
        for (let done = 0; done < added.length; ) {
          const { bytesWritten } = await handle.write(added, done, added.length - done, end + done);
          done += bytesWritten;
        }
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw asFilesystemError(error, file, 'write');
    }
  }

  /** Writes the lines that hold, and only these. */
  async #writeAnew(lines: readonly Line[]): Promise<void> {
    this.#read = null;
    const before = (await this.#newLines())?.lines ?? [];
    const latest = new Map([...before, ...lines].map((line) => [line.path, line]));
    const kept = [...latest.values()].filter(({ stamp }) => stamp !== null);
    const id = randomId();
    const content = Buffer.concat([headerOf(id), ...kept.map(({ bytes }) => bytes)]);
    await replaceFile(factsFile(this.#directory), content);
    for (const name of OUTDATED_FILES) await rm(join(this.#directory, name), { force: true });
    this.#read = { id, end: content.length };
  }

  /**
   * The whole lines behind what was read; all of them (`isWhole`) where the log is another one, or is shorter than what
   * was read of it.
   */
  async #newLines(): Promise<{ id: string; lines: Line[]; end: number; isWhole: boolean } | null> {
    const file = factsFile(this.#directory);
    try {
      await using handle = await openRegularFile(file);
      const { size } = await handle.stat();
      const header = await readAt(handle, 0, Math.min(size, HEADER_BYTES));
      const id = idOf(header);
      if (id === null) return null;
      const isSame = id === this.#read?.id && this.#read.end <= size;
      const start = isSame && this.#read !== null ? this.#read.end : HEADER_BYTES;
      if (size - start > MAX_LOG_BYTES) return null;
      const bytes = await readAt(handle, start, size - start);
      const lines = linesOf(bytes);
      const end = lines.reduce((sum, line) => sum + line.bytes.length, start);
      return { id, lines, end, isWhole: !isSame };
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return null;
      throw asFilesystemError(error, file, 'read');
    }
  }
}

/** The first line tells logs apart: one that was written anew has another id. */
function headerOf(id: string): Buffer {
  return Buffer.from(`${JSON.stringify({ factsVersion: FACTS_VERSION, id })}\n`);
}

const HEADER_BYTES = headerOf(randomId()).length;

function idOf(header: Buffer): string | null {
  const [, id = null] = /"id":"([a-z2-7]+)"/.exec(header.toString()) ?? [];
  return id !== null && header.equals(headerOf(id)) ? id : null;
}

function lineOf({ path, stamp, facts }: FactsEntry): Line {
  const json = Buffer.from(JSON.stringify(facts));
  const content = Buffer.concat([Buffer.from(`${JSON.stringify({ path, stamp })}\t`), json]);
  const bytes = Buffer.concat([Buffer.from(`${checksum(content)} `), content, Buffer.from('\n')]);
  return { path, stamp, bytes, facts: json };
}

/** The whole lines at the beginning of a text, up to one that is torn. */
function linesOf(text: Buffer): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(NEWLINE, start);
    const line = end < 0 ? null : readLine(text.subarray(start, end + 1));
    if (line === null) break;
    lines.push(line);
    start = end + 1;
  }
  return lines;
}

function readLine(bytes: Buffer): Line | null {
  const content = bytes.subarray(CHECKSUM_CHARACTERS + 1, -1);
  const tab = content.indexOf(TAB);
  if (tab < 0 || bytes.toString('latin1', 0, CHECKSUM_CHARACTERS) !== checksum(content)) return null;
  const head = readHead(content.toString('utf8', 0, tab));
  return head === null ? null : { ...head, bytes, facts: content.subarray(tab + 1) };
}

const lineHead = z.object({ path: z.string(), stamp: z.string().nullable() });

function readHead(json: string): z.infer<typeof lineHead> | null {
  try {
    return lineHead.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

const CHECKSUM_CHARACTERS = 8;

function checksum(content: Buffer): string {
  return crc32(content).toString(16).padStart(CHECKSUM_CHARACTERS, '0');
}

async function readAt(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
