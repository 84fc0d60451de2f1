import { useSyncExternalStore } from 'react';
import { projectChanged, projectsChanged } from './projects.js';
import { invalidate } from './resource-cache.js';
import type { ModelHappening, ProjectHappening, RunHappening } from './types.js';

/** Whether the server's events come in. `connecting` until the first answer. */
export type Connection = 'connecting' | 'live' | 'away';

/** A download, as the events tell it. */
export type ModelProgress = Omit<ModelHappening, 'model'>;

type Listener = () => void;
const RETRY_MS = [300, 700, 1_500, 3_000];

let connection: Connection = 'connecting';
let models: Readonly<Record<string, ModelProgress>> = {};
const listeners = new Set<Listener>();
const runListeners = new Set<(projectId: string, runId: string) => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/**
 * Opens the one stream of events and keeps it open: with the last event's id after a break, from the
 * start when the server says so.
 */
export function connect(): () => void {
  let source: EventSource | null = null;
  let lastEventId = '';
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    source = new EventSource(
      `/api/events${lastEventId && `?lastEventId=${encodeURIComponent(lastEventId)}`}`,
    );
    source.onopen = () => {
      failures = 0;
      const wasAway = connection === 'away';
      connection = 'live';
      tell();
      if (wasAway) invalidate(() => true);
    };
    source.onerror = () => {
      source?.close();
      connection = 'away';
      tell();
      timer = setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
    for (const [type, act] of Object.entries(ACTIONS)) {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') lastEventId = event.lastEventId;
        act(JSON.parse(event.data) as never);
      });
    }
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

const ACTIONS = {
  run: ({ projectId, runId }: RunHappening) => {
    for (const listener of runListeners) listener(projectId, runId);
    projectChanged(projectId);
  },
  project: ({ projectId, change }: ProjectHappening) => {
    if (['added', 'removed', 'active'].includes(change)) projectsChanged();
    projectChanged(projectId, { everything: true });
  },
  model: ({ model, ...progress }: ModelHappening) => {
    models = { ...models, [model]: progress };
    tell();
    if (progress.state !== 'downloading') invalidate((path) => path === '/api/models');
  },
  settings: () => invalidate((path) => path === '/api/settings'),
  reset: () => {
    // What became of a download was not heard: the server, which may be another, is asked.
    models = {};
    tell();
    invalidate(() => true);
  },
};

function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}

/** Downloads seen since the page was opened, or since events were missed, by model. */
export function modelProgress(): Readonly<Record<string, ModelProgress>> {
  return models;
}

/** {@link modelProgress}, with its changes. */
export function useModelProgress(): Readonly<Record<string, ModelProgress>> {
  return useSyncExternalStore(subscribe, modelProgress);
}

/** Calls `listener` for each event of any run. */
export function onRunEvent(listener: (projectId: string, runId: string) => void): () => void {
  runListeners.add(listener);
  return () => runListeners.delete(listener);
}
