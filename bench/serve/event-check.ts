import { setTimeout as delay } from 'node:timers/promises';
import type { GardenPaths } from '../../packages/gardener/src/garden/paths.js';
import { appendEvent, createRun } from '../../packages/gardener/src/garden/runs.js';
import { readEvents } from '../../packages/gardener/src/server/event-reader.fixture.js';

/** What listeners heard of the events that were written. */
export interface EventCheck {
  written: number;
  listeners: number;
  reconnections: number;
  lost: number;
  twice: number;
}

const LISTENERS = 4;
const EVENT_EVERY_MS = 50;
const LISTEN_MS = 7_000;

/** Writes numbered events to a run as another process would, while listeners come and go, and counts what they missed. */
export async function checkEvents(
  url: string,
  paths: GardenPaths,
  projectId: string,
  untilMs: number,
): Promise<EventCheck> {
  const run = await createRun(paths, projectId, 'index');
  const directory = paths.run(projectId, run.id);
  // Paused, so that the runner has nothing to start.
  await appendEvent(directory, { type: 'run-pause' });
  const check: EventCheck = { written: 0, listeners: LISTENERS, reconnections: 0, lost: 0, twice: 0 };
  const listeners = Array.from({ length: LISTENERS }, (_, n) => listen(url, check, n % 2 === 1));
  await delay(1_000);
  for (; performance.now() < untilMs; check.written++) {
    await appendEvent(directory, { type: 'log', message: `event ${check.written}` });
    await delay(EVENT_EVERY_MS);
  }
  await appendEvent(directory, { type: 'run-cancel' });
  for (const heard of await Promise.all(listeners)) {
    check.lost += check.written - heard.size;
  }
  return check;
}

/** Listens to the end of the run; one that is restless goes away every few seconds and comes back with the id it had heard last. */
async function listen(url: string, check: EventCheck, isRestless: boolean): Promise<Set<string>> {
  const heard = new Set<string>();
  let lastId: string | null = null;
  for (;;) {
    const reader = await readEvents(`${url}/api/events`, lastId === null ? {} : { 'last-event-id': lastId });
    const leaveMs = isRestless ? performance.now() + LISTEN_MS : Number.POSITIVE_INFINITY;
    const { data } = await reader.until(({ id, event, data }) => {
      if (event === 'reset') throw new Error('the server had forgotten an id');
      lastId = id ?? lastId;
      const { message, type } = messageOf(data);
      if (message !== undefined && heard.has(message)) check.twice++;
      if (message !== undefined) heard.add(message);
      return type === 'run-cancel' || performance.now() > leaveMs;
    });
    reader.close();
    if (messageOf(data).type === 'run-cancel') return heard;
    check.reconnections++;
  }
}

function messageOf(data: unknown): { type?: string; message?: string } {
  const { event } = data as { event?: { type: string; message?: string } };
  return event ?? {};
}
