import { type ApiError, asApiError, request } from './request.js';

/** What is known of one address of the server. */
export interface Resource<Data> {
  data: Data | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

interface Entry {
  state: Resource<unknown>;
  listeners: Set<() => void>;
  /** Counts requests: only the last one's answer counts. */
  turn: number;
  stale: boolean;
}

/** What is known of an address that was never asked for. */
export const NOTHING: Resource<never> = { data: undefined, error: undefined, loading: false };
const KEPT_UNUSED = 60;
const entries = new Map<string, Entry>();

function entryOf(path: string): Entry {
  let entry = entries.get(path);
  if (entry === undefined) {
    entry = { state: NOTHING, listeners: new Set(), turn: 0, stale: true };
    entries.set(path, entry);
    forgetOldest();
  }
  return entry;
}

/** Addresses that no page shows go first. */
function forgetOldest(): void {
  const unused = [...entries].filter(([, { listeners }]) => listeners.size === 0);
  for (const [path] of unused.slice(0, Math.max(0, unused.length - KEPT_UNUSED))) entries.delete(path);
}

function put(entry: Entry, state: Resource<unknown>): void {
  entry.state = state;
  for (const listener of entry.listeners) listener();
}

/** Asks the server for `path`; only the answer to the last request counts. Never throws. */
export async function load(path: string): Promise<void> {
  const entry = entryOf(path);
  const turn = ++entry.turn;
  entry.stale = false;
  put(entry, { ...entry.state, loading: true });
  try {
    const data = await request<unknown>('GET', path);
    if (turn === entry.turn) put(entry, { data, error: undefined, loading: false });
  } catch (thrown) {
    if (turn !== entry.turn) return;
    // What was known stays in sight; that the server is away is told once, above every page.
    const { data } = entry.state;
    const error = asApiError(thrown);
    const isTold = error.code === 'web.server-away' && data !== undefined;
    put(entry, { data, error: isTold ? undefined : error, loading: false });
    entry.stale = isTold;
  }
}

/** Everything whose address fits is asked for again: now where it is shown, else when it is shown next. */
export function invalidate(fits: (path: string) => boolean): void {
  for (const [path, entry] of entries) {
    if (!fits(path)) continue;
    entry.stale = true;
    if (entry.listeners.size > 0) void load(path);
  }
}

/** Puts in place what an action has already answered. */
export function replace<Data>(path: string, change: (data: Data | undefined) => Data | undefined): void {
  const entry = entryOf(path);
  entry.turn++;
  put(entry, { data: change(entry.state.data as Data | undefined), error: undefined, loading: false });
}

/** What is known of `path` now; the same object until it changes. */
export function stateOf(path: string): Resource<unknown> {
  return entryOf(path).state;
}

/** Whether `path` is to be asked for again before it is shown. */
export function isStale(path: string): boolean {
  return entryOf(path).stale;
}

/** Calls `listener` whenever what is known of `path` changes; returns what ends that. */
export function watch(path: string, listener: () => void): () => void {
  const { listeners } = entryOf(path);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
