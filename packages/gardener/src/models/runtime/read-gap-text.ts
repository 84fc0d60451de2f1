import { SPELLINGS } from './fill-in-the-middle.js';

/** A gap that a client has written out in a model's own markup. */
export interface WrittenGap {
  before: string;
  after: string;
  /** The path of the file with the gap, and other files, where the markup names them. */
  path: string | null;
  files: { path: string; text: string }[];
}

/** How markup is written in texts, where that differs from the token's own name. */
const AS_TEXT: readonly { prefix: string; suffix: string; middle: string | null }[] = [
  // CodeLlama's, whose spaces belong to the markup.
  { prefix: '<PRE> ', suffix: ' <SUF>', middle: ' <MID>' },
  // GLM's, which some editors write.
  { prefix: '<|code_prefix|>', suffix: '<|code_suffix|>', middle: '<|code_middle|>' },
];

/**
 * Reads a prompt that is fill-in-the-middle markup as a whole, as editors without a field for the text after the cursor
 * send it. Only the outermost markers count: the text begins with the first one and ends with the last one, and the
 * one between them stands there once. Anything else (half a marker set, two markers between which the
 * cursor could be, markup in the middle of a file) is ordinary text.
 * @returns null where the text is not such markup
 */
export function readGapText(text: string): WrittenGap | null {
  for (const spelling of SPELLINGS) {
    const found =
      spelling.middle === null
        ? readSuffixFirst(text, spelling.prefix, spelling.suffix)
        : readPrefixFirst(text, { ...spelling, middle: spelling.middle });
    if (found !== null) return found;
  }
  for (const { prefix, suffix, middle } of AS_TEXT) {
    const found = middle === null ? null : readPrefixFirst(text, { prefix, suffix, middle });
    if (found !== null) return found;
  }
  return null;
}

function readPrefixFirst(
  text: string,
  spelling: {
    prefix: string;
    suffix: string;
    middle: string;
    repository?: { name: string; file: string } | undefined;
  },
): WrittenGap | null {
  const { prefix, suffix, middle, repository } = spelling;
  if (!text.endsWith(middle)) return null;
  const start = repository === undefined ? 0 : contextEnd(text, prefix, repository);
  if (!text.startsWith(prefix, start)) return null;
  const inside = text.slice(start + prefix.length, text.length - middle.length);
  const gap = inside.indexOf(suffix);
  if (gap === -1 || inside.includes(suffix, gap + 1)) return null;
  const about =
    repository === undefined ? { path: null, files: [] } : readFiles(text.slice(0, start), repository.file);
  return { before: inside.slice(0, gap), after: inside.slice(gap + suffix.length), ...about };
}

/** Codestral's: the text after the gap comes first, and nothing stands at the end. */
function readSuffixFirst(text: string, prefix: string, suffix: string): WrittenGap | null {
  if (!text.startsWith(suffix)) return null;
  const inside = text.slice(suffix.length);
  const gap = inside.indexOf(prefix);
  if (gap === -1 || inside.includes(prefix, gap + 1)) return null;
  return { before: inside.slice(gap + prefix.length), after: inside.slice(0, gap), path: null, files: [] };
}

/** Where the gap's own markup begins: after a repository's name and files, where the text begins with those. */
function contextEnd(text: string, prefix: string, { name, file }: { name: string; file: string }): number {
  if (!text.startsWith(name) && !text.startsWith(file)) return 0;
  return Math.max(0, text.indexOf(prefix));
}

/** Files as a repository's markup tells them: a path on the first line, then the text; the last one holds the gap. */
function readFiles(context: string, marker: string): Pick<WrittenGap, 'path' | 'files'> {
  const files = context
    .split(marker)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return end === -1
        ? { path: part, text: '' }
        : { path: part.slice(0, end), text: part.slice(end + 1).trimEnd() };
    })
    .map(({ path, text }) => ({ path: path.trim(), text }));
  const last = files.at(-1);
  if (last === undefined || last.text !== '') return { path: null, files };
  return { path: last.path === '' ? null : last.path, files: files.slice(0, -1) };
}
