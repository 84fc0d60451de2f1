import { LRUCache } from 'lru-cache';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { likePassages, PASSAGE_CANDIDATES, passageQuery } from '../../prompt/like-passages.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import type { Assistant } from '../assistant.js';
import type { CodeAtCursor } from './code-request.js';

/** Code that has to do with a place. */
export interface RelatedCode {
  results: readonly SearchResult[];
  extra: readonly { path: string; text: string }[];
  /** The file that is edited: told by the client, or recognised among the results. */
  path: string | null;
}

/** Code to show, and tokens that a prompt with it has at most. */
export interface ShownCode extends RelatedCode {
  promptTokens: number;
}

/** Files whose related code is remembered. */
const MOST_FILES = 64;
/**
 * A prompt that begins with other code is read anew, so other code is shown only when so many times as long has passed
 * since the last change as that reading takes.
 */
const RENEWAL_COST = 8;
/** Lines that look like many others say nothing about which file they are of. */
const TELLING_CHARACTERS = 12;
/** Of the telling lines of a chunk so many stand in the code around the cursor where it is of the same file. */
const SAME_FILE_SHARE = 0.6;

interface Remembered extends ShownCode {
  /** Text that the place was at, which tells whether a request is for the same file. */
  near: ReadonlySet<string>;
  /** The place that it was looked up for, and the one that is being looked up. */
  region: string;
  wanted: string;
  /** What was found since, for when the place has moved on. */
  next: RelatedCode | null;
  /** When it was shown first, milliseconds of this process, and how the file's part of the prompt began then. */
  since: number;
  start: string;
}

/** Where somebody types. */
export interface Place {
  code: CodeAtCursor;
  /** Text that stays the same while the cursor stays in the same lines. */
  region: string;
  /** Who. */
  client?: string | undefined;
  /** Tokens that a prompt may have now, and how long it then takes to be read anew. */
  promptTokens: number;
  readingMs: number;
  /** How the file's part of a prompt of so many tokens begins where that code is shown. */
  startAt(shown: RelatedCode, promptTokens: number): string;
  signal?: AbortSignal;
}

/**
 * Remembers what was found for the place of the last key press. A search costs more than a key press may take, and a
 * prompt that begins with other code has to be read anew: so what was found stays while the cursor stays in the same
 * lines, and what the search for the next lines finds is used once they are reached.
 */
export class RelatedMemory {
  readonly #assistant: Pick<Assistant, 'search'>;
  readonly #files = new LRUCache<string, Remembered>({ max: MOST_FILES });

  constructor(assistant: Pick<Assistant, 'search'>) {
    this.#assistant = assistant;
  }

  /**
   * The code to show for a place.
   * @throws GardenerError `retrieval.*` at the first request in a file
   */
  async of(project: ProjectRecord, place: Place): Promise<ShownCode> {
    const { code, region, client = '', promptTokens, readingMs, signal } = place;
    // Two people at one file are at different lines of it, and say of different files that they have open.
    const key = JSON.stringify([project.id, client, code.path]);
    const known = this.#files.get(key);
    // Where the prompt's beginning has moved on it is read anew in any case.
    if (
      known === undefined ||
      !isSameFile(known, code) ||
      !beginAlike(place.startAt(known, known.promptTokens), known.start)
    ) {
      const found = await this.#search(project, code, signal);
      return this.#remember(key, found, place);
    }
    if (known.wanted !== region) {
      known.wanted = region;
      this.#search(project, code, undefined).then(
        (found) => {
          if (known.wanted === region) known.next = found;
        },
        // The next lines ask again; an index that is being written is no reason to stop suggesting.
        () => undefined,
      );
    }
    const isPaidOff = performance.now() - known.since >= RENEWAL_COST * readingMs;
    if (known.region !== region && known.next !== null && isPaidOff)
      return this.#remember(key, known.next, place);
    // A larger prompt begins elsewhere, and waits for the next change too.
    return { ...known, promptTokens: Math.min(known.promptTokens, promptTokens) };
  }

  #remember(key: string, found: RelatedCode, place: Place): ShownCode {
    const { code, region, promptTokens } = place;
    const start = place.startAt(found, promptTokens);
    const now = {
      region,
      start,
      wanted: region,
      near: tellingLines(code),
      next: null,
      since: performance.now(),
    };
    this.#files.set(key, { ...found, ...now, promptTokens });
    return { ...found, promptTokens };
  }

  async #search(
    project: ProjectRecord,
    code: CodeAtCursor,
    signal: AbortSignal | undefined,
  ): Promise<RelatedCode> {
    const { path, before, extra = [] } = code;
    const query = passageQuery(before, path ?? '');
    if (query === '') return { results: [], extra, path };
    try {
      const { results } = await this.#assistant.search(project, query, {
        k: PASSAGE_CANDIDATES,
        ...(path !== null && { excludePaths: [path] }),
        ...(signal && { signal }),
      });
      const own = path ?? ownPath(results, code);
      const others = results.filter(({ chunk }) => chunk.path !== own);
      return { results: likePassages(before, others), extra, path: own };
    } catch (error) {
      const isEmpty =
        GardenerError.isInstance(error) &&
        (error.code === 'retrieval.no-index' || error.code === 'retrieval.nothing-indexed');
      if (isEmpty) return { results: [], extra, path };
      throw error;
    }
  }
}

/** The file that the code is of, where a chunk of it was found: its lines stand around the cursor. */
function ownPath(results: readonly SearchResult[], code: CodeAtCursor): string | null {
  const here = tellingLines(code);
  for (const { chunk } of results) {
    const lines = chunk.text.split('\n').map(trimmed).filter(isTelling);
    const same = lines.filter((line) => here.has(line)).length;
    if (same >= 2 && same >= SAME_FILE_SHARE * lines.length) return chunk.path;
  }
  return null;
}

/** Whether of two beginnings one is only longer: what is typed at a file's very top moves nothing. */
function beginAlike(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** Files that are named are told apart by their name; others by whether they have lines in common. */
function isSameFile(known: Remembered, code: CodeAtCursor): boolean {
  if (code.path !== null) return true;
  if (known.near.size === 0) return false;
  return [...tellingLines(code)].some((line) => known.near.has(line));
}

function tellingLines({ before, after }: CodeAtCursor): Set<string> {
  const lines = [...before.split('\n').slice(-400), ...after.split('\n').slice(0, 200)];
  return new Set(lines.map(trimmed).filter(isTelling));
}

function trimmed(line: string): string {
  return line.trim();
}

function isTelling(line: string): boolean {
  return line.length >= TELLING_CHARACTERS;
}
