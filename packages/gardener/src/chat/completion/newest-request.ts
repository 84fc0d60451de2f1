import { hashOf } from '../../prompt/stable-lines.js';
import type { CodeAtCursor } from './code-request.js';

/** Lines below the cursor's that tell which place of which file is meant: they stay while somebody types above them. */
const LINES_BELOW = 6;

/** Who asks, and for what. */
export interface RequestPlace {
  client: string;
  projectId: string;
  code: CodeAtCursor;
}

/**
 * Ends a request when the same client asks anew at the same place: nobody looks at the older answer. Two editors in one
 * project do not end each other's.
 */
export class NewestRequest {
  readonly #open = new Map<string, AbortController>();

  /** Places that are waited for. */
  get size(): number {
    return this.#open.size;
  }

  /** @returns aborts when a newer one begins; `done` is to be called when the request has ended */
  begin(place: RequestPlace): { superseded: AbortSignal; done(): void } {
    const key = keyOf(place);
    this.#open.get(key)?.abort();
    const own = new AbortController();
    this.#open.set(key, own);
    return {
      superseded: own.signal,
      done: () => {
        if (this.#open.get(key) === own) this.#open.delete(key);
      },
    };
  }
}

function keyOf({ client, projectId, code }: RequestPlace): string {
  if (code.path !== null) return JSON.stringify([client, projectId, code.path]);
  const below = code.after
    .split('\n', LINES_BELOW + 1)
    .slice(1)
    .join('\n');
  // At the end of a file the beginning tells it from others.
  const what = below.trim() === '' ? code.before.slice(0, 200) : below;
  return JSON.stringify([client, projectId, null, hashOf(what)]);
}
