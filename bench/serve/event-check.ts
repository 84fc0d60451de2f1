import { setTimeout as delay } from 'node:timers/promises';
import type { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { appendEvent, createRun, readRunEvents } from '../../packages/gardener/src/garden/runs/runs.js';
import { readEvents } from '../../packages/gardener/src/server/event-reader.fixture.js';
import type { TrainingBeside } from './training.js';

/** What listeners heard of the events that were written. */
export interface EventCheck {
  written: number;
  /** Events of the training under way, written by its own processes. */
  writtenByTraining: number;
  listeners: number;
  /** A restless listener goes away and comes back. */
  reconnections: number;
  /** Streams that ended without anybody wanting it. */
  brokenStreams: number;
  lost: number;
  twice: number;
}

const LISTENERS = 4;
const EVENT_EVERY_MS = 50;
const LISTEN_MS = 7_000;

/** The events that one listener heard, by run. */
type Heard = Map<string, Set<string>>;

/**
 * Writes numbered events to a run as another process would, while listeners come and go, and counts what they missed:
 * of these, and of what the training writes.
 * @param beginTraining called when everybody listens
 * @param endTraining called before the last event is written
 */
export async function checkEvents(
  { url, paths, projectId }: { url: string; paths: GardenPaths; projectId: string },
  untilMs: number,
  beginTraining: () => Promise<TrainingBeside>,
  endTraining: (training: TrainingBeside) => Promise<unknown>,
): Promise<EventCheck> {
  const run = await createRun(paths, projectId, 'index');
  const directory = paths.run(projectId, run.id);
  // Paused, so that the runner has nothing to start.
  await appendEvent(directory, { type: 'run-pause' });
  const counts = { listeners: LISTENERS, reconnections: 0, brokenStreams: 0, lost: 0, twice: 0 };
  const check: EventCheck = { written: 0, writtenByTraining: 0, ...counts };
  const last = { runId: run.id, type: 'run-cancel' };
  const listeners = Array.from({ length: LISTENERS }, (_, n) => listen(url, check, last, n % 2 === 1));
  await delay(1_000);
  const training = await beginTraining();
  for (; performance.now() < untilMs; check.written++) {
    await appendEvent(directory, { type: 'log', message: `event ${check.written}` });
    await delay(EVENT_EVERY_MS);
  }
  await endTraining(training);
  // The last events of the training are heard before the end of the numbered ones is written.
  await delay(3_000);
  await appendEvent(directory, { type: 'run-cancel' });
  const written = (await eventsOf(paths.run(training.projectId, training.runId))).length;
  check.writtenByTraining = written;
  for (const heard of await Promise.all(listeners)) {
    // run-pause, the numbered ones, run-cancel
    check.lost += check.written - [...(heard.get(run.id) ?? [])].filter(isNumbered).length;
    check.lost += written - (heard.get(training.runId)?.size ?? 0);
  }
  return check;
}

const isNumbered = (event: string) => event.includes('"message":"event ');

async function eventsOf(directory: string): Promise<string[]> {
  const all: string[] = [];
  for (let from = 0; ; ) {
    const { events, nextByte } = await readRunEvents(directory, from);
    all.push(...events.map((event) => JSON.stringify(event)));
    if (nextByte === from) return [...new Set(all)];
    from = nextByte;
  }
}

/**
 * Listens to the end of the run; one that is restless goes away every few seconds and comes back
 * with the id it had heard last.
 */
async function listen(
  url: string,
  check: EventCheck,
  last: { runId: string; type: string },
  isRestless: boolean,
): Promise<Heard> {
  const heard: Heard = new Map();
  let lastId: string | null = null;
  let isOver = false;
  while (!isOver) {
    const leaveMs = isRestless ? performance.now() + LISTEN_MS : Number.POSITIVE_INFINITY;
    try {
      const headers = lastId === null ? {} : { 'last-event-id': lastId };
      const reader = await readEvents(`${url}/api/events`, headers);
      await reader.until(({ id, event, data }) => {
        if (event === 'reset') check.lost += 1;
        lastId = id ?? lastId;
        const happening = data as { runId?: string; event?: { type: string } };
        if (event === 'run' && happening.runId !== undefined) note(heard, happening.runId, happening.event);
        isOver = happening.runId === last.runId && happening.event?.type === last.type;
        return isOver || performance.now() > leaveMs;
      });
      reader.close();
      if (!isOver) check.reconnections += 1;
    } catch {
      check.brokenStreams += 1;
      await delay(1_000);
      if (check.brokenStreams > 100) return heard;
    }
  }
  return heard;

  function note(events: Heard, runId: string, event: unknown): void {
    const text = JSON.stringify(event);
    const known = events.get(runId) ?? new Set();
    events.set(runId, known);
    if (known.has(text)) check.twice += 1;
    known.add(text);
  }
}
