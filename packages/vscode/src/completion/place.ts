/** Text around a place, as it is sent. */
export interface Place {
  prefix: string;
  suffix: string;
}

/** More than any model here takes: the server cuts to what fits its context. In UTF-16 units. */
export const MAX_PREFIX = 24_000;
export const MAX_SUFFIX = 8_000;

/**
 * The text before and after a place, from the start of a line and to the end of one, with lines that end in `\n` as in
 * suggestions. Pure.
 * @param offset of the place in `text`
 */
export function placeIn(text: string, offset: number): Place {
  const from = offset <= MAX_PREFIX ? 0 : lineStart(text, offset - MAX_PREFIX);
  const to = text.length - offset <= MAX_SUFFIX ? text.length : lineEnd(text, offset + MAX_SUFFIX);
  const plain = (part: string) => part.replaceAll('\r\n', '\n');
  return {
    prefix: plain(text.slice(Math.min(from, offset), offset)),
    suffix: plain(text.slice(offset, Math.max(to, offset))),
  };
}

/** The first start of a line at or after an offset. */
function lineStart(text: string, offset: number): number {
  const end = text.indexOf('\n', offset - 1);
  return end < 0 ? offset : end + 1;
}

function lineEnd(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset);
  return start < 0 ? offset : start + 1;
}
