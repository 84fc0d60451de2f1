import type { Chunk } from '../codebase/chunk/chunk.js';

/**
 * A chunk as the model sees it: `path:start-end`, the symbol that it is a part of without naming it, and the code in a
 * fence that the code itself cannot close.
 * Code from the repository is data: nothing in it can look like a part of the prompt around it.
 */
export function chunkBlock(
  chunk: Pick<Chunk, 'path' | 'startLine' | 'endLine' | 'language' | 'text' | 'symbol'>,
): string {
  const fence = fenceFor(chunk.text);
  const path = chunk.path.replace(/[\r\n]+/g, ' ');
  const text = chunk.text.replace(/\s+$/, '');
  return `${path}:${chunk.startLine}-${chunk.endLine}${within(chunk)}\n${fence}${chunk.language}\n${text}\n${fence}`;
}

/** Of lines that do not say whose they are. */
function within({ symbol, text }: Pick<Chunk, 'symbol' | 'text'>): string {
  const name = symbol?.split(/[.#:]+/).at(-1);
  return !symbol || !name || text.includes(name) ? '' : `, in ${symbol.replace(/[\r\n]+/g, ' ')}`;
}

/** The first lines of a chunk; its end line moves along. `lines` must be less than the chunk has. */
export function firstLines<T extends Pick<Chunk, 'startLine' | 'endLine' | 'text'>>(
  chunk: T,
  lines: number,
): T {
  const text = chunk.text.split('\n').slice(0, lines).join('\n');
  return { ...chunk, text, endLine: chunk.startLine + lines - 1 };
}

/** CommonMark: a fence is closed only by one at least as long. */
function fenceFor(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  return '`'.repeat(longest + 1);
}
