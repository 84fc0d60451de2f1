import { pathLine } from '../../../codebase/languages/path-line.js';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import type { Place } from '../../../models/runtime/fill-in-the-middle.js';
import { fitCompletion } from '../../../prompt/fit-completion.js';
import { likePassages, passageQuery } from '../../../prompt/like-passages.js';
import type { SearchResult } from '../../../retrieval/search/search.js';
import type { ScopeKind } from '../gaps/scopes.js';
import type { HeldOutGap } from '../split/held-out.js';

/** A gap as far as a place is made of it. */
type PlaceGap = Pick<HeldOutGap, 'kind' | 'gap' | 'text'>;

/** A file with gaps in it. */
interface FileWithGaps {
  path: string;
  gaps: readonly PlaceGap[];
}

/** What a model is asked to complete. */
export interface CompletionQuestion {
  prompt: string;
  suffix: string;
  place: Place;
}

/** A place in a held-out file, as `gardener complete` asks for it, and what was really written there. */
export interface CompletionPlace {
  path: string;
  kind: ScopeKind;
  text: string;
  /** With related code of the project's other files, as the product does by default. */
  retrieved: CompletionQuestion;
  /** The file alone. */
  alone: CompletionQuestion;
}

/** What places are made with. */
export interface CompletionPlaceOptions {
  repository: string;
  contextTokens: number;
  countTokens(text: string): number;
  /** Finds code for a query; must leave out every file that is measured on. */
  search(query: string): Promise<SearchResult[]>;
  /** Most places. */
  count: number;
  signal?: AbortSignal;
}

/** Kept free for what is written. */
const ANSWER_TOKENS = 112;

/**
 * The gaps of held-out files as places to complete, the first of every file before the second of any: each once with
 * related code, once without.
 * @param files the codebase, held-out files among them
 */
export async function completionPlaces(
  heldOut: readonly FileWithGaps[],
  files: readonly Pick<ChunkedFile, 'path' | 'text' | 'language'>[],
  options: CompletionPlaceOptions,
): Promise<CompletionPlace[]> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const hidden = new Set(heldOut.map(({ path }) => path));
  const places: CompletionPlace[] = [];
  for (const { path, gap } of inTurn(heldOut)) {
    options.signal?.throwIfAborted();
    const file = byPath.get(path);
    const around = file && aroundGap(file.text, gap);
    if (places.length === options.count) break;
    if (!file || !around) continue;
    const found = (await options.search(passageQuery(around.before, path))).filter(
      ({ chunk }) => !hidden.has(chunk.path),
    );
    const ask = async (results: readonly SearchResult[]): Promise<CompletionQuestion> => {
      const parts = {
        repository: options.repository,
        path,
        pathLine: pathLine(path, file.language),
        ...around,
        results,
        pathLineOf: ({ chunk }: SearchResult) => pathLine(chunk.path, chunk.language),
      };
      const room = options.contextTokens - ANSWER_TOKENS;
      const fitted = await fitCompletion(parts, room, async (text) => options.countTokens(text), room);
      return { prompt: fitted.prompt + fitted.typed, suffix: fitted.suffix, place: fitted.place };
    };
    const { kind, text } = gap;
    const related = likePassages(around.before, found);
    places.push({ path, kind, text, retrieved: await ask(related), alone: await ask([]) });
  }
  return places;
}

/** The gaps of all files, the first of each before the second of any. */
function inTurn(files: readonly FileWithGaps[]): { path: string; gap: PlaceGap }[] {
  const longest = Math.max(0, ...files.map(({ gaps }) => gaps.length));
  return Array.from({ length: longest }, (_, turn) =>
    files.flatMap(({ path, gaps }) => {
      const gap = gaps[turn];
      return gap ? [{ path, gap }] : [];
    }),
  ).flat();
}

/** A file's text before and after a gap; null where the gap's surroundings are not in it (lines were left out). */
function aroundGap(text: string, { gap, text: filling }: PlaceGap): { before: string; after: string } | null {
  const at = text.indexOf(gap.before + filling);
  if (at < 0) return null;
  const start = at + gap.before.length;
  return { before: text.slice(0, start), after: text.slice(start + filling.length) };
}
