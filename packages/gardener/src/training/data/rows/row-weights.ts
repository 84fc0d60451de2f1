/**
 * Kinds of rows beside windows, gaps and questions, by how much of each there is. None is made by default: a weight is
 * raised where a measurement says that it helps (docs/recipe.md).
 */
export interface RowWeights {
  /** Of the code tokens, what rows take that give a signature with its docstring and learn the body. */
  bodies: number;
  /** Of the code tokens, what gap rows take that have declarations of imported names before the file. */
  related: number;
  /** Of the code tokens, what rows take that give a commit's message and the code around an edit and learn it. */
  commits: number;
  /** How many times as many gap rows the files of the newer half give as the others. */
  recent: number;
  /** What rows of tests count for in the order of rows, where 1 is as much as others. */
  tests: number;
}

/** No row of these kinds, files of every age alike, and tests at half of what other code counts. */
export const NO_MORE_ROWS: RowWeights = { bodies: 0, related: 0, commits: 0, recent: 1, tests: 0.5 };

/** Tokens that are `share` of all when `codeTokens` are the rest. */
export function tokensOfShare(share: number, codeTokens: number): number {
  return (codeTokens * share) / (1 - share);
}

/**
 * Files with what the newer half counts for raised and the others' lowered, so that the sum stays. Those of one age
 * (a fresh checkout) stay as they are.
 */
export function weightedByAge<File extends { side: { file: { modifiedMs: number } }; windowTokens: number }>(
  files: readonly File[],
  recent: number,
): File[] {
  const dates = files.map(({ side }) => side.file.modifiedMs).sort((a, b) => a - b);
  const median = dates[Math.floor(dates.length / 2)] ?? 0;
  const weightOf = ({ side }: File): number => (side.file.modifiedMs > median ? recent : 1);
  const all = files.reduce((sum, { windowTokens }) => sum + windowTokens, 0);
  const weighted = files.reduce((sum, file) => sum + file.windowTokens * weightOf(file), 0);
  const scale = weighted === 0 ? 1 : all / weighted;
  return files.map((file) => ({ ...file, windowTokens: file.windowTokens * weightOf(file) * scale }));
}
