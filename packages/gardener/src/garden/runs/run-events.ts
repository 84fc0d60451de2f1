import { constants } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { readJsonIfPresent, writeJson } from '../files/json-state.js';
import { RUN_FILES } from './run-files.js';
import { TRAINING_EVENTS } from './training-events.js';

const count = z.number().min(0);

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), time: z.string(), ...shape });
}

/** An error as events and status objects carry it. */
export const runErrorSchema = z.object({ code: z.string(), message: z.string(), remedy: z.string() });

/** The last stage of `TrainingStatus` that a worker announces. */
export const runStageSchema = z.enum(['preparing', 'training', 'evaluating']);

/**
 * One line of events.jsonl; `time` is ISO 8601.
 * @param scorecard what an evaluation gives, which only the rooms below know
 */
export function runEventSchemaWith<Scorecard extends z.ZodType>(scorecard: Scorecard) {
  return z.discriminatedUnion('type', [
    event('run-queue', { reason: z.string().optional() }),
    event('run-start', { pid: z.number().int().positive(), processStart: z.string() }),
    event('stage-start', { stage: runStageSchema }),
    event('progress', {
      stage: z.string(),
      done: count,
      total: count.nullable(),
      label: z.string().nullable(),
    }),
    event('log', { message: z.string() }),
    event('plan', TRAINING_EVENTS.plan),
    event('step-end', TRAINING_EVENTS['step-end']),
    event('validation-end', TRAINING_EVENTS['validation-end']),
    event('checkpoint-save', TRAINING_EVENTS['checkpoint-save']),
    event('wait', TRAINING_EVENTS.wait),
    event('go-on', TRAINING_EVENTS['go-on']),
    event('evaluation-end', { scorecard }),
    event('run-pause', {}),
    event('run-resume', { reason: z.string().optional() }),
    event('run-interrupt', { reason: z.string() }),
    event('run-cancel', {}),
    event('run-fail', { error: runErrorSchema, details: z.record(z.string(), z.unknown()).optional() }),
    event('run-complete', {
      reason: z.string().nullable(),
      adapterVersion: z.number().int().positive().nullable(),
      promoted: z.boolean(),
    }),
    event('run-not-started', { reason: z.string() }),
  ]);
}

/** An event as garden/ reads it: the scorecard unchecked. */
export const runEventSchema = runEventSchemaWith(z.unknown());

/** See `runEventSchema`. */
export type RunEvent = z.infer<typeof runEventSchema>;

type WithoutTime<E> = E extends RunEvent ? Omit<E, 'time'> : never;

/** What `appendEvent` takes: a RunEvent without its time. */
export type RunEventInput = WithoutTime<RunEvent>;

/** The most that one read takes into memory; a line longer than this is skipped. */
const READ_BYTES = 8 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Adds one line to the run's events.jsonl with the present time, in one write at the end of the file (O_APPEND), so
 * that several processes may append at once. A line that a killed process left torn is closed first. An event that
 * ends the run is also kept by itself, see `readOutcome`.
 *
 * @throws garden.file-missing when the run has been removed, garden.disk-full, garden.permission-denied
 */
export async function appendEvent(runDir: string, input: RunEventInput): Promise<void> {
  const file = join(runDir, RUN_FILES.events);
  const line = `${JSON.stringify({ ...input, time: new Date().toISOString() })}\n`;
  try {
    const { O_RDWR, O_APPEND, O_CREAT } = constants;
    const handle = await open(file, O_RDWR | O_APPEND | O_CREAT);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const bytes = Buffer.from(size > 0 && last[0] !== NEWLINE ? `\n${line}` : line);
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asFilesystemError(error, file, 'write');
  }
  // The second copy: where there is no room for it, the first will do.
  if (isTerminal(input)) await writeJson(join(runDir, RUN_FILES.outcome), input).catch(() => undefined);
}

/** The event that ended a run, or null where none has: known also when the run's events were damaged since. */
export async function readOutcome(runDir: string): Promise<RunEventInput | null> {
  const kept = await readJsonIfPresent(join(runDir, RUN_FILES.outcome), z.looseObject({})).catch(() => null);
  const checked = runEventSchema.safeParse({ ...kept, time: '' });
  if (!checked.success) return null;
  const { time: _, ...event } = checked.data;
  return isTerminal(event) ? event : null;
}

/** Before a run that has ended is taken up again. */
export async function forgetOutcome(runDir: string): Promise<void> {
  await rm(join(runDir, RUN_FILES.outcome), { force: true });
}

/**
 * The events from byte `fromByte` on, at most 8 MiB of them, and where to go on; `nextByte` equals `fromByte` at the
 * end. A last line without its newline is left for the next call; lines that are no known event are passed over.
 *
 * @param isWanted whether a line is to be looked at, before it is parsed. Defaults to every line
 * @throws garden.file-missing, garden.permission-denied
 */
export async function readRunEvents(
  runDir: string,
  fromByte = 0,
  isWanted?: (line: string) => boolean,
): Promise<{ events: RunEvent[]; nextByte: number }> {
  const file = join(runDir, RUN_FILES.events);
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const wanted = Math.min(Math.max(0, size - fromByte), READ_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, fromByte);
      const bytes = buffer.subarray(0, bytesRead);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      if (end === 0)
        return { events: [], nextByte: bytesRead === READ_BYTES ? fromByte + bytesRead : fromByte };
      return { events: parseLines(bytes.toString('utf8', 0, end), isWanted), nextByte: fromByte + end };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asFilesystemError(error, file, 'read');
  }
}

/** Bytes of a run's events; 0 where there are none. */
export async function sizeOfRunEvents(runDir: string): Promise<number> {
  return stat(join(runDir, RUN_FILES.events)).then(
    ({ size }) => size,
    () => 0,
  );
}

const TERMINAL = new Set(['run-cancel', 'run-fail', 'run-complete', 'run-not-started']);

/** Whether an event ends its run. */
export function isTerminal(candidate: Pick<RunEvent, 'type'>): boolean {
  return TERMINAL.has(candidate.type);
}

/** Of runs that were seen to have ended, how long their events were then: hundreds of projects are looked at often. */
const ended = new LRUCache<string, number>({ max: 10_000 });

/** Whether the run has ended and was not taken up again, from the last 16 KiB of its events: cheap for a long run. */
export async function endsTerminally(runDir: string): Promise<boolean> {
  const known = ended.get(runDir);
  if (known !== undefined && known === (await sizeOfRunEvents(runDir))) return true;
  try {
    const handle = await open(join(runDir, RUN_FILES.events), 'r');
    try {
      const { size } = await handle.stat();
      const wanted = Math.min(size, 16 * 1024);
      const { buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, size - wanted);
      const text = buffer.toString('utf8');
      const events = parseLines(text.slice(0, text.lastIndexOf('\n') + 1));
      const last = events.findLast((event) => isTerminal(event) || event.type === 'run-resume');
      const hasEnded = last !== undefined && isTerminal(last);
      if (hasEnded) ended.set(runDir, size);
      return hasEnded;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw asFilesystemError(error, join(runDir, RUN_FILES.events), 'read');
  }
}

function parseLines(text: string, isWanted: (line: string) => boolean = () => true): RunEvent[] {
  const events: RunEvent[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || !isWanted(line)) continue;
    try {
      const checked = runEventSchema.safeParse(withTodaysNames(JSON.parse(line)));
      if (checked.success) events.push(checked.data);
    } catch {
      // A torn or foreign line: the events around it still count.
    }
  }
  return events;
}

/**
 * A line as it would be written today. The validation loss used to be called held-out loss, and
 * `best` could be a step or null.
 */
function withTodaysNames(line: unknown): unknown {
  const isOld = typeof line === 'object' && line !== null && 'type' in line && line.type === 'heldout-end';
  if (!isOld) return line;
  return { ...line, type: 'validation-end', best: 'best' in line && line.best === true };
}
