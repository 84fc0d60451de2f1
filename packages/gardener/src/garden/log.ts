import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { GardenPaths } from './paths.js';
import type { Settings } from './settings.js';

/** A log file larger than this is put aside when the next process opens it. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEPT_LOGS = 3;

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
  const file = join(paths.logs, 'gardener.log');
  setLargeLogAside(file);
  const destination = pino.destination({ dest: file, append: true, mkdir: true, sync: true });
  destination.on('error', () => undefined);
  const level = options.verbose && options.level === 'info' ? 'debug' : options.level;
  const streams = [{ level: level === 'silent' ? 'fatal' : level, stream: destination }] as {
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    stream: { write(text: string): void };
  }[];
  if (options.verbose) {
    streams.push({ level: 'debug', stream: { write: (text) => process.stderr.write(text) } });
  }
  return pino(
    {
      level,
      base: { pid: process.pid },
      redact: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.multistream(streams),
  );
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
