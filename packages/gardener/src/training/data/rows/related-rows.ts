import type { Chunk } from '../../../codebase/chunk/chunk.js';
import { pathLine } from '../../../codebase/languages/path-line.js';
import { continuedText, encodeGap, type Place } from '../../../models/runtime/fill-in-the-middle.js';
import type { GapBase, GapExample } from '../gaps/gap-examples.js';

/** Of a row so much is the file itself; the rest is for other files. */
export const OWN_SHARE = 0.6;
/** Declarations before a row, at most. */
const MAX_DECLARATIONS = 3;
/** Of a declaration without a signature so many lines are shown. */
const SHOWN_LINES = 4;

/** Finds what a name means, where it is declared once in the files that are trained on. */
export type Declarations = ReadonlyMap<string, Chunk>;

/** Names that one chunk alone declares. */
export function declarationsOf(chunks: readonly Chunk[]): Declarations {
  const found = new Map<string, Chunk | null>();
  for (const chunk of chunks) for (const name of chunk.names) found.set(name, found.has(name) ? null : chunk);
  return new Map([...found].flatMap(([name, chunk]) => (chunk === null ? [] : [[name, chunk] as const])));
}

/**
 * A gap row with the declarations of imported names before the file, as completions have related code: so it is learned
 * to use what stands there. Which names is told by the imports of the chunk that the gap is in. Null where none of them
 * is declared in another file, or nothing fits.
 * @param chunk that the gap is in
 */
export function relatedRow(
  row: GapExample,
  chunk: Chunk,
  declarations: Declarations,
  { tokenizer, gapTokens, endToken }: GapBase,
  sequenceLength: number,
): GapExample | null {
  const others = chunk.imports.flatMap((name) => {
    const declared = declarations.get(name);
    return declared && declared.path !== row.path ? [declared] : [];
  });
  const encode = (text: string) => tokenizer.encode(text);
  for (let count = Math.min(MAX_DECLARATIONS, others.length); count > 0; count--) {
    const gap = { ...row.gap, place: withFiles(row.gap.place, others.slice(0, count)) };
    const prompt = gapTokens === null ? encode(continuedText(gap)) : encodeGap(encode, gapTokens, gap);
    const tokens = Int32Array.from([...prompt, ...encode(row.text), endToken]);
    if (tokens.length > sequenceLength) continue;
    const supervised = new Uint8Array(tokens.length).fill(1, prompt.length);
    return { ...row, gap, example: { tokens, supervised } };
  }
  return null;
}

function withFiles(place: Place | undefined, chunks: readonly Chunk[]): Place {
  const own = place ?? { repository: '', path: '', files: [], comments: '' };
  const shown = chunks.map((chunk) => ({ chunk, text: declaration(chunk) }));
  const comments = shown.map(({ chunk, text }) => `${pathLine(chunk.path, chunk.language)}${text}\n\n`);
  return {
    ...own,
    files: shown.map(({ chunk, text }) => ({ path: chunk.path, text })),
    comments: comments.join('') + own.comments,
  };
}

/** How something is declared: its signature, else its first lines. */
function declaration({ signature, text }: Chunk): string {
  return signature?.trimEnd() ?? text.split('\n').slice(0, SHOWN_LINES).join('\n');
}
