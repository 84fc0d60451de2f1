import type { Place } from '../models/runtime/fill-in-the-middle.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { contains, type PromptRoom, roomCounter } from './build-prompt.js';

/** What the prompt of a completion is made of. */
export interface CompletionParts extends PromptRoom {
  /** Name of the codebase, and the file's path in it. */
  repository: string;
  path: string;
  /** The line that names the file, as training writes it above code; with its line end. */
  pathLine: string;
  /** The file's text before the place. */
  before: string;
  /** The file's text after it, or empty. */
  after: string;
  /** Related code, best first. */
  results: readonly SearchResult[];
  /** The line that names a result's file. */
  pathLineOf(result: SearchResult): string;
}

/** A prompt that fits. */
export interface CompletionPrompt {
  /** The file's text before the place, and after it. */
  prompt: string;
  suffix: string;
  /** Where it is, with the related code. */
  place: Place;
  /** Best first. */
  used: SearchResult[];
}

/** Shares of the room: what follows the place, and related code; the rest is the file before the place. */
const AFTER_SHARE = 0.2;
const RELATED_SHARE = 0.3;
/** Tokens that a base's own format puts between the parts, at most. */
const MARKER_TOKENS = 16;

/**
 * Puts together what a completion continues: related code, each piece under its path, the best last, then the file's
 * path and its text up to the place. How paths are told, in comments or in its own format, depends on the base: both
 * are given. Whole lines are left out, those farthest from the place first. Pure.
 */
export async function completionPrompt(parts: CompletionParts): Promise<CompletionPrompt> {
  const count = roomCounter(parts);
  const room =
    parts.contextTokens -
    parts.answerTokens -
    (await count(parts.pathLine)) -
    (await count(parts.repository)) -
    MARKER_TOKENS;
  const after = await fitLines(parts.after, Math.floor(room * AFTER_SHARE), count, 'first');
  const before = await fitLines(
    parts.before,
    room - after.tokens - Math.floor(room * RELATED_SHARE),
    count,
    'last',
  );
  const used: SearchResult[] = [];
  let related = '';
  let left = room - after.tokens - before.tokens;
  for (const result of parts.results) {
    if (used.some((other) => contains(other, result))) continue;
    const text = `${parts.pathLineOf(result)}${result.chunk.text.trimEnd()}\n\n`;
    const tokens = await count(text);
    if (tokens > left) continue;
    left -= tokens;
    used.push(result);
    related = text + related;
  }
  const place = {
    repository: parts.repository,
    path: parts.path,
    files: used.map(({ chunk }) => ({ path: chunk.path, text: chunk.text })).reverse(),
    comments: related + parts.pathLine,
  };
  return { prompt: before.text, suffix: after.text, place, used };
}

/** The most first or last lines of a text that fit, found by halving. */
async function fitLines(
  text: string,
  room: number,
  count: (text: string) => Promise<number>,
  which: 'first' | 'last',
): Promise<{ text: string; tokens: number }> {
  const lines = text.split(/(?<=\n)/);
  let best = { text: '', tokens: 0 };
  let low = 1;
  let high = lines.length;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const part = (which === 'first' ? lines.slice(0, middle) : lines.slice(-middle)).join('');
    const tokens = await count(part);
    if (tokens <= room) {
      best = { text: part, tokens };
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return best;
}
