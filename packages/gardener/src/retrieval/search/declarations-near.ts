import type { SymbolGraph } from '../../codebase/graph/symbol-graph.js';

/** Lines before and after a place whose names are looked up. */
const LINES_BEFORE = 10;
const LINES_AFTER = 2;
/** Most files, and most declarations of one. */
const MOST_FILES = 2;
const MOST_OF_FILE = 4;
/** So many declarations of a name are looked at. */
const MOST_NAMESAKES = 8;
/** Shorter names are of variables. */
const NAME = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

/**
 * How what is named right before a place is declared elsewhere in the project: its signatures, by file, those of the
 * names nearest to the place first. A name counts where a file that is imported declares it, or one place alone.
 * @param path of the file that the place is in; null where it is not known
 * @param isHidden files that must not be told of. Defaults to none
 */
export function declarationsNear(
  graph: SymbolGraph,
  { path, before, after }: { path: string | null; before: string; after: string },
  isHidden: (path: string) => boolean = () => false,
): { path: string; text: string }[] {
  const near = [...before.split('\n').slice(-LINES_BEFORE), ...after.split('\n').slice(0, LINES_AFTER)];
  const names = [...new Set(near.join('\n').match(NAME) ?? [])].reverse();
  const imported = new Set(path === null ? [] : graph.imports(path));
  const files = new Map<string, Set<string>>();
  for (const name of names) {
    const declared = graph
      .named(name, MOST_NAMESAKES)
      .filter((one) => one.path !== path && !one.isLocal && !isHidden(one.path))
      .filter(({ symbol }) => symbol.split('.').at(-1) === name);
    const meant =
      declared.find((one) => imported.has(one.path)) ?? (declared.length === 1 ? declared[0] : null);
    if (!meant) continue;
    const signatures = files.get(meant.path) ?? new Set();
    if (signatures.size < MOST_OF_FILE) files.set(meant.path, signatures.add(meant.signature));
  }
  return [...files].slice(0, MOST_FILES).map(([path, lines]) => ({ path, text: [...lines].join('\n') }));
}
