import type { Place } from '../models/runtime/fill-in-the-middle.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { contains } from './fit-code.js';
import { stableLineStart } from './stable-lines.js';

/** What the prompt of a completion is made of. */
export interface CompletionParts {
  /** Name of the codebase, and the file's path in it. */
  repository: string;
  path: string;
  /** The line that names the file, as training writes it above code; with its line end. */
  pathLine: string;
  /** The file's text before the place. */
  before: string;
  /** The file's text after it, or empty. */
  after: string;
  /** Code that the client wants seen, the most important last, each with the line that names its file. */
  extra?: readonly { path: string; text: string; heading: string }[];
  /** Related code, best first. */
  results: readonly SearchResult[];
  /** The line that names a result's file. */
  pathLineOf(result: SearchResult): string;
  /** Characters that the prompt may have. */
  room: number;
}

/** A prompt that fits. */
export interface CompletionPrompt {
  /** The file's text before the place, up to where `typed` begins, and after the place. */
  prompt: string;
  suffix: string;
  /** The lines right before the place, which change with every key press. */
  typed: string;
  /** Where it is, with the related code. */
  place: Place;
  /** Best first. */
  used: SearchResult[];
}

/**
 * Shares of the room: what follows the place, and related code at most; the rest is the file before the place, which
 * says more than as much of other files does. Measured by bench/related/related.bench.ts.
 */
const AFTER_SHARE = 0.2;
const RELATED_SHARE = 0.25;
/** Of what is left for related code each piece that the client has sent may take this share. */
const EXTRA_SHARE = 0.5;
/** Of the room for the text before the place so much may stay unused, so that its beginning need not move. */
const SLACK = 0.3;
/** How many lines before the place the lines that change may begin. */
const FEWEST_TYPED_LINES = 3;
const MOST_TYPED_LINES = 24;

/**
 * Puts together what a completion continues: related code, each piece under its path, the best last, then the file's
 * path and its text up to the place. How paths are told, in comments or in its own format, depends on the base: both
 * are given. Whole lines are left out, those farthest from the place first, and cuts stay where they are from one key
 * press to the next, so that a model need not read the same text again. Pure.
 */
export function completionPrompt(parts: CompletionParts): CompletionPrompt {
  const room = Math.max(0, parts.room - parts.pathLine.length - parts.repository.length);
  const suffix = firstLines(parts.after, Math.floor(room * AFTER_SHARE));
  const left = room - suffix.length;
  const related = relatedCode(parts, Math.max(Math.floor(room * RELATED_SHARE), left - parts.before.length));
  const before = lastLines(parts.before, left - related.length);
  const typedFrom = typedStart(before);
  return {
    prompt: before.slice(0, typedFrom),
    typed: before.slice(typedFrom),
    suffix,
    place: {
      repository: parts.repository,
      path: parts.path,
      files: related.files,
      comments: related.comments + parts.pathLine,
    },
    used: related.used,
  };
}

function relatedCode({ extra = [], results, pathLineOf }: CompletionParts, room: number) {
  const used: SearchResult[] = [];
  const files: Place['files'][number][] = [];
  let comments = '';
  let left = room;
  const add = (heading: string, path: string, text: string, most: number): boolean => {
    const piece = `${heading}${text.trimEnd()}\n\n`;
    if (piece.length > most) return false;
    left -= piece.length;
    files.unshift({ path, text });
    comments = piece + comments;
    return true;
  };
  for (const { path, text, heading } of [...extra].reverse()) add(heading, path, text, left * EXTRA_SHARE);
  for (const result of results) {
    if (used.some((other) => contains(other, result))) continue;
    const { path, text } = result.chunk;
    if (add(pathLineOf(result), path, text, left)) used.push(result);
  }
  return { used, files, comments, length: comments.length };
}

/** The first whole lines that fit; of a line that is too long alone its beginning. */
function firstLines(text: string, room: number): string {
  if (text.length <= room) return text;
  const end = text.lastIndexOf('\n', room - 1) + 1;
  return text.slice(0, end > 0 ? end : room);
}

/** The last lines that fit, from one on that stays the first while the text grows. */
function lastLines(text: string, room: number): string {
  if (text.length <= room) return text;
  const from = text.length - room;
  const start = stableLineStart(text, from, from + Math.floor(room * SLACK)) ?? text.indexOf('\n', from) + 1;
  return text.slice(start > 0 ? start : from);
}

/** Where the lines that change begin: a few lines before the place, and the same line while the place moves on. */
function typedStart(before: string): number {
  const starts = [before.length];
  for (let at = before.length; starts.length <= MOST_TYPED_LINES && at > 0; ) {
    at = before.lastIndexOf('\n', at - 2) + 1;
    starts.push(at);
  }
  const nearest = starts[Math.min(FEWEST_TYPED_LINES, starts.length - 1)] ?? 0;
  return stableLineStart(before, starts.at(-1) ?? 0, nearest) ?? nearest;
}
