import type { Chunk } from '../../../codebase/chunk/chunk.js';
import type { SplitFile } from '../split/split.js';

/** The chunks of files that declare something of a name, are worth learning, and have no line that is left out. */
export function usableChunks(sides: readonly SplitFile[]): Chunk[] {
  return sides.flatMap((side) => side.file.chunks.filter((chunk) => isUsable(chunk, side)));
}

function isUsable(chunk: Chunk, side: SplitFile): boolean {
  if (chunk.symbol === null || chunk.quality.score < 0.5) return false;
  return !side.excludedLines.some(
    (range) => range.startLine <= chunk.endLine && range.endLine >= chunk.startLine,
  );
}
