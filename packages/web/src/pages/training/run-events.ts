import { useEffect, useState } from 'react';
import { onRunEvent, useConnection } from '../../api/live.js';
import { projectPath } from '../../api/projects.js';
import { request } from '../../api/request.js';
import type { RunEvent, RunEventPage } from '../../api/types.js';

/** Events are read from the run's file; a live event only says that there are new ones in it. */
const QUIET_MS = 400;

/** All events of a run, in order, growing while it goes on; undefined until the first answer. */
export function useRunEvents(projectId: string, runId: string | null): RunEvent[] | undefined {
  const [read, setRead] = useState<{ runId: string; events: RunEvent[] } | null>(null);
  const connection = useConnection();
  useEffect(() => {
    if (runId === null || connection === 'away') return;
    const abort = new AbortController();
    const reader = new EventReader(projectId, runId, abort.signal, (events) => setRead({ runId, events }));
    reader.wake(0);
    const stop = onRunEvent((_, changed) => {
      if (changed === runId) reader.wake(QUIET_MS);
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [projectId, runId, connection]);
  return read?.runId === runId ? read?.events : undefined;
}

class EventReader {
  #events: RunEvent[] = [];
  #next = 0;
  #busy = false;
  #again = false;

  constructor(
    private readonly projectId: string,
    private readonly runId: string,
    private readonly signal: AbortSignal,
    private readonly onRead: (events: RunEvent[]) => void,
  ) {}

  /** Reads new events after a short delay, so that several arrive in one request. */
  wake(afterMs: number): void {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    setTimeout(() => void this.#read(), afterMs);
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const path = projectPath(
          this.projectId,
          `/runs/${encodeURIComponent(this.runId)}/events?from=${this.#next}`,
        );
        const { events, next } = await request<RunEventPage>('GET', path, undefined, this.signal);
        if (this.signal.aborted) return;
        this.#events = [...this.#events, ...events];
        this.onRead(this.#events);
        if (next === this.#next) break;
        this.#next = next;
      }
    } catch {
      // The server is away, or the page was left: the next event or reconnect reads on from here.
    } finally {
      this.#busy = false;
      if (this.#again && !this.signal.aborted) {
        this.#again = false;
        this.wake(QUIET_MS);
      }
    }
  }
}
