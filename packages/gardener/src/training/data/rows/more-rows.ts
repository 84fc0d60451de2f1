import type { SupervisedExample } from '@codebase-gardener/lora';
import type { Chunk } from '../../../codebase/chunk/chunk.js';
import { drawGaps, type GapBase, type GapOptions } from '../gaps/gap-examples.js';
import { type Random, shuffled } from '../random.js';
import type { SplitFile } from '../split/split.js';
import { bodyRow } from './body-rows.js';
import { declarationsOf, OWN_SHARE, relatedRow } from './related-rows.js';
import { type RowWeights, tokensOfShare } from './row-weights.js';
import { usableChunks } from './usable-chunks.js';

/** Another draw than that of the gap rows without other files. */
const OTHER_DRAW = 2_000_003;

/**
 * Rows that give a signature and learn the body, and gap rows with declarations of other files, of each kind as many
 * tokens as its share of the code tokens says, or as there are.
 * @param codeTokens of windows and gap rows together
 */
export function moreRows(
  sides: readonly SplitFile[],
  weights: Pick<RowWeights, 'bodies' | 'related'>,
  codeTokens: number,
  base: GapBase,
  options: GapOptions,
  random: Random,
): { bodies: SupervisedExample[]; related: SupervisedExample[] } {
  const chunks = usableChunks(sides);
  return {
    bodies: upTo(tokensOfShare(weights.bodies, codeTokens), bodies(shuffled(chunks, random), base, options)),
    related: upTo(tokensOfShare(weights.related, codeTokens), related(sides, chunks, base, options)),
  };
}

function* bodies(chunks: readonly Chunk[], { tokenizer }: GapBase, { sequenceLength }: GapOptions) {
  for (const chunk of chunks) {
    const row = bodyRow(chunk, tokenizer, sequenceLength);
    if (row !== null) yield row;
  }
}

function* related(
  sides: readonly SplitFile[],
  chunks: readonly Chunk[],
  base: GapBase,
  options: GapOptions,
): Generator<SupervisedExample> {
  const declarations = declarationsOf(chunks);
  const { sequenceLength, seed } = options;
  const own = { ...options, seed: seed + OTHER_DRAW, sequenceLength: Math.floor(sequenceLength * OWN_SHARE) };
  let open = sides.map((side) => ({ side, gaps: drawGaps(side, base, own) }));
  // From the files in turn, so that however many are wanted every file has its share.
  while (open.length > 0) {
    const left: typeof open = [];
    for (const source of open) {
      const next = source.gaps.next();
      if (next.done) continue;
      left.push(source);
      const chunk = chunkAt(source.side, next.value.gap.before, next.value.text);
      const row = chunk && relatedRow(next.value, chunk, declarations, base, sequenceLength);
      if (row) yield row.example;
    }
    open = left;
  }
}

/** The chunk of a file that a gap begins in. */
function chunkAt({ file }: SplitFile, before: string, text: string): Chunk | null {
  const at = file.text.indexOf(before + text);
  if (at < 0) return null;
  const line = file.text.slice(0, at + before.length).split('\n').length;
  return file.chunks.find(({ startLine, endLine }) => startLine <= line && line <= endLine) ?? null;
}

function upTo(tokens: number, rows: Iterable<SupervisedExample>): SupervisedExample[] {
  const taken: SupervisedExample[] = [];
  let left = tokens;
  if (left <= 0) return taken;
  for (const row of rows) {
    taken.push(row);
    left -= row.tokens.length;
    if (left <= 0) break;
  }
  return taken;
}
