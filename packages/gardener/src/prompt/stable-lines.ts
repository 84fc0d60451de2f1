/**
 * Where to cut a text between two places so that the cut stays where it is while the text grows and the places move on:
 * the line whose hash is smallest, of those that begin between them. Blank lines are too alike to count.
 * @returns the start of a line, or null where none begins there
 */
export function stableLineStart(text: string, from: number, to: number): number | null {
  let best: { at: number; hash: number } | null = null;
  let at = from <= 0 ? 0 : text.indexOf('\n', from - 1) + 1;
  while (at <= to && (at > 0 || from <= 0)) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end === -1 ? text.length : end);
    const hash = hashOf(line);
    if (line.trim() !== '' && (best === null || hash < best.hash)) best = { at, hash };
    if (end === -1) break;
    at = end + 1;
  }
  return best?.at ?? null;
}

/** FNV-1a in 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
