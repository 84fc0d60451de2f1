import type { SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import type { Chunk } from '../../../codebase/chunk/chunk.js';
import { pathLine } from '../../../codebase/languages/path-line.js';

/** A shorter body tells nothing that its signature does not. */
const MIN_BODY_CHARS = 40;
/** Between a signature and its docstring stand a quote or two. */
const MAX_OPENING_CHARS = 200;

/**
 * A function as a row under its path: the signature, and its docstring where there is one, is given, and the body is
 * learned, as it is written when somebody has said what is wanted. Null for a chunk that has no body of its own.
 */
export function bodyRow(
  chunk: Chunk,
  tokenizer: Tokenizer,
  sequenceLength: number,
): SupervisedExample | null {
  if (chunk.kind !== 'function' && chunk.kind !== 'method') return null;
  const split = headLength(chunk);
  if (split === null) return null;
  const head = `${pathLine(chunk.path, chunk.language)}${chunk.text.slice(0, split)}`;
  const body = chunk.text.slice(split).trimEnd();
  if (body.trim().length < MIN_BODY_CHARS) return null;
  const given = tokenizer.encode(head);
  const tokens = Int32Array.from([...given, ...tokenizer.encode(`${body}\n`)]);
  if (tokens.length > sequenceLength) return null;
  return { tokens, supervised: new Uint8Array(tokens.length).fill(1, given.length) };
}

/** Characters up to the end of the line that ends the signature, or the docstring behind it; null where it has none. */
function headLength({ text, signature, docstring }: Chunk): number | null {
  const last = signature?.trim().split('\n').at(-1)?.trim() ?? '';
  const at = last === '' ? -1 : text.indexOf(last);
  if (at < 0) return null;
  const signatureEnd = at + last.length;
  const lastOfDocstring = docstring?.trim().split('\n').at(-1)?.trim() ?? '';
  const found = lastOfDocstring === '' ? -1 : text.indexOf(lastOfDocstring, signatureEnd);
  const isInside = found >= 0 && found - signatureEnd < (docstring?.length ?? 0) * 2 + MAX_OPENING_CHARS;
  const end = isInside ? closed(text, found + lastOfDocstring.length) : signatureEnd;
  const lineEnd = text.indexOf('\n', end);
  return lineEnd < 0 ? null : lineEnd + 1;
}

/** Behind the quotes that close a docstring, where they stand in a line of their own. */
function closed(text: string, end: number): number {
  const quotes = /^[ \t]*\r?\n[ \t]*(?:"""|''')/.exec(text.slice(end));
  return quotes === null ? end : end + quotes[0].length;
}
