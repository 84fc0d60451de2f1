import { type ApiError, asApiError } from './api-error.js';
import { readEvents } from './event-stream.js';
import { request, send } from './request.js';
import type { Address, ProjectHappening, ProjectList, ProjectView, RunHappening } from './types.js';

/** Whether the server's events come in. `connecting` until the first answer. */
export type Connection = 'connecting' | 'live' | 'away';

/** What is known of the server now. */
export interface ServerState {
  connection: Connection;
  address: Address | null;
  /** Why it is away. */
  problem: ApiError | null;
  /** As they were last seen. */
  projects: readonly ProjectView[];
}

/** What a {@link LiveServer} is told to do differently in a test. */
export interface LiveServerOptions {
  /** Waits between attempts; the last one is repeated. */
  retryMs?: readonly number[];
  /** Steps of a training come several times a second; this often a project is looked at again. */
  refreshMs?: number;
  /** The server says something every 15 s; after this silence the connection counts as broken. */
  silenceMs?: number;
}

/**
 * The projects of one server, kept up to date by its stream of events, over breaks and restarts. An event only says
 * what has to be fetched again, so a lost one leaves nothing wrong for long.
 */
export class LiveServer {
  #state: ServerState = { connection: 'connecting', address: null, problem: null, projects: [] };
  readonly #listeners = new Set<(state: ServerState, before: ServerState) => void>();
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #stopping = new AbortController();
  readonly #options: Required<LiveServerOptions>;
  /** The connection that is under way, and the wait for the next. */
  #attempt = new AbortController();
  #wait = new AbortController();

  /** @param findAddress asked before each attempt: a server may come back elsewhere */
  constructor(
    private readonly findAddress: () => Promise<Address>,
    options: LiveServerOptions = {},
  ) {
    this.#options = {
      retryMs: [300, 700, 1_500, 3_000, 5_000],
      refreshMs: 1_000,
      silenceMs: 45_000,
      ...options,
    };
  }

  get state(): ServerState {
    return this.#state;
  }

  /** @returns takes the listener away again */
  onChange(listener: (state: ServerState, before: ServerState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and connects again after each break, until `close`. */
  async run(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      this.#attempt = new AbortController();
      const wasLive = await this.#listen(this.#attempt);
      if (this.#stopping.signal.aborted) return;
      failures = wasLive ? 0 : failures + 1;
      const { retryMs } = this.#options;
      this.#wait = new AbortController();
      await pause(retryMs[Math.min(failures, retryMs.length - 1)] ?? 0, this.#wait.signal);
    }
  }

  /** Tries again at once, with the address as it is now. */
  connectAgain(): void {
    this.#attempt.abort();
    this.#wait.abort();
  }

  /** Puts what an action answered into the list, before its event comes. */
  putProject(view: ProjectView): void {
    const others = this.#state.projects.filter(({ project }) => project.id !== view.project.id);
    this.#set({ projects: [...others, view] });
  }

  close(): void {
    this.#stopping.abort();
    this.connectAgain();
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#listeners.clear();
  }

  /** One connection, to its end. @returns whether it ever stood */
  async #listen(attempt: AbortController): Promise<boolean> {
    let isLive = false;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), this.#options.silenceMs);
    };
    try {
      const address = await this.findAddress();
      // Also of a server that refuses: a token that is entered now is for that one.
      this.#set({ address });
      heard();
      const response = await send(address, 'GET', '/api/events', { signal: attempt.signal });
      // After the stream stands: what happens from here on is told by it.
      const { projects } = await request<ProjectList>(address, 'GET', '/api/projects', {
        signal: attempt.signal,
      });
      isLive = true;
      this.#set({ connection: 'live', problem: null, projects });
      if (response.body === null) return true;
      for await (const { event, data } of readEvents(response.body, heard)) {
        if (event === 'shutdown') break;
        await this.#happened(address, event, data, attempt.signal);
      }
      this.#setAway(null);
    } catch (error) {
      this.#setAway(attempt.signal.aborted ? null : asApiError(error));
    } finally {
      clearTimeout(silence);
      // A stream that nobody reads any more must not be kept open.
      attempt.abort();
    }
    return isLive;
  }

  async #happened(address: Address, event: string, data: string, signal: AbortSignal): Promise<void> {
    if (event === 'run') this.#refreshSoon(address, (JSON.parse(data) as RunHappening).projectId);
    else if (event === 'reset') await this.#refreshAll(address, signal);
    else if (event === 'project') {
      const { projectId, change } = JSON.parse(data) as ProjectHappening;
      if (['added', 'removed', 'active'].includes(change)) await this.#refreshAll(address, signal);
      else this.#refreshSoon(address, projectId);
    }
  }

  async #refreshAll(address: Address, signal: AbortSignal): Promise<void> {
    const { projects } = await request<ProjectList>(address, 'GET', '/api/projects', { signal });
    this.#set({ projects });
  }

  #refreshSoon(address: Address, id: string): void {
    if (this.#waiting.has(id)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      request<ProjectView>(address, 'GET', `/api/projects/${encodeURIComponent(id)}`).then(
        (view) => this.putProject(view),
        // Gone, or the server is away: the stream says which.
        () => undefined,
      );
    }, this.#options.refreshMs);
    this.#waiting.set(id, timer);
  }

  #setAway(problem: ApiError | null): void {
    if (this.#stopping.signal.aborted) return;
    this.#set({ connection: 'away', problem });
  }

  #set(change: Partial<ServerState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    for (const listener of this.#listeners) listener(this.#state, before);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
