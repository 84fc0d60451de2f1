import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { GardenPaths } from './files/paths.js';
import type { Settings } from './settings/settings.js';

/** A log file larger than this is put aside. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEPT_LOGS = 3;
/** How much a process writes between two looks at the size. */
const LOOK_EVERY_BYTES = 64 * 1024;

/** Never written out, wherever an object with such a key is logged. */
const SECRET_KEYS = ['token', 'apiKey', 'password', 'secret', 'authorization', 'cookie'];

/**
 * Gardener's log: JSON lines in `<root>/logs/gardener.log`; with `verbose` (`--verbose`) also on stderr.
 * A log that cannot be written (disk full) is given up silently: it must not fail the command.
 */
export async function openLog(
  paths: GardenPaths,
  options: { level: Settings['logLevel']; verbose: boolean },
): Promise<Logger> {
  const { default: pino } = await import('pino');
  if (!existsSync(paths.logs)) mkdirSync(paths.logs, { recursive: true });
  const destination = new RotatingLog(join(paths.logs, 'gardener.log'));
  // What is written is the logger's own level, which may change.
  const streams = [{ level: 'trace', stream: destination }] as {
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    stream: { write(text: string): void };
  }[];
  if (options.verbose) {
    streams.push({ level: 'debug', stream: { write: (text) => process.stderr.write(text) } });
  }
  return pino(
    {
      level: levelOf(options.level, options.verbose),
      base: { pid: process.pid },
      redact: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.multistream(streams),
  );
}

/** How much is logged. */
export function levelOf(level: Settings['logLevel'], verbose: boolean): Settings['logLevel'] {
  return verbose && level === 'info' ? 'debug' : level;
}

/**
 * A log that several processes add to, each line at the end of whatever file has the name now: a file that one of them
 * has put aside is not written to any more by the others, however long they live.
 */
export class RotatingLog {
  #untilLook = 0;

  constructor(
    readonly file: string,
    readonly maxBytes: number = MAX_LOG_BYTES,
  ) {}

  write(text: string): void {
    if (this.#untilLook <= 0) {
      setLargeLogAside(this.file, this.maxBytes);
      this.#untilLook = Math.min(LOOK_EVERY_BYTES, this.maxBytes);
    }
    this.#untilLook -= text.length;
    try {
      appendFileSync(this.file, text, { mode: 0o600 });
    } catch {
      // A full disk or a folder that is gone: the command goes on without its log.
    }
  }
}

/** `x.log` -> `x.log.1` -> ... when it has grown over `maxBytes`; the oldest beyond three is deleted. */
export function setLargeLogAside(file: string, maxBytes: number = MAX_LOG_BYTES): void {
  try {
    if (!existsSync(file) || statSync(file).size <= maxBytes) return;
    rmSync(`${file}.${KEPT_LOGS - 1}`, { force: true });
    for (let n = KEPT_LOGS - 2; n >= 1; n--) {
      if (existsSync(`${file}.${n}`)) renameSync(`${file}.${n}`, `${file}.${n + 1}`);
    }
    renameSync(file, `${file}.1`);
  } catch {
    // Another process may be doing the same; the log then stays as it is.
  }
}

/** The same for a log that a child process holds open for appending: copied to `x.log.1` and emptied. */
export function emptyLargeLog(file: string, maxBytes: number = MAX_LOG_BYTES): void {
  try {
    if (statSync(file).size <= maxBytes) return;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch {
    // Gone with its run, or the disk is full: then the log stays as it is.
  }
}
