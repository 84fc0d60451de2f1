import { Multimap } from '../../../codebase/graph/multimap.js';
import { hashesOf, readLineHashes } from './line-hashes.js';

/** A line that stands in more files than this tells nothing of where a file comes from. */
const COMMON_LINE_FILES = 20;
/** A new file with this share of its lines from one that is gone is that one under another name. */
const RENAMED_SHARE = 0.5;

/**
 * Files that have another path than before, as git finds them: of each new path the one that is gone and that holds
 * most of its lines, half of them at least. Lines that are common to many files do not count.
 * @param before what `lineHashes` gave for each file as it was, by path
 */
export function renamedFiles(
  files: readonly { path: string; text: string }[],
  before: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const paths = new Set(files.map(({ path }) => path));
  const gone = Object.entries(before).filter(([path]) => !paths.has(path));
  const renamed = new Map<string, string>();
  if (gone.length === 0) return renamed;
  const byLine = new Multimap<number, string>();
  for (const [path, encoded] of gone)
    for (const hash of new Set(readLineHashes(encoded))) byLine.add(hash, path);
  for (const { path, text } of files.filter((file) => !Object.hasOwn(before, file.path))) {
    const shared = new Map<string, number>();
    let lines = 0;
    for (const hash of new Set(hashesOf(text))) {
      const holders = byLine.get(hash);
      if (holders.length > COMMON_LINE_FILES) continue;
      lines++;
      for (const holder of holders) shared.set(holder, (shared.get(holder) ?? 0) + 1);
    }
    const [best] = [...shared].sort((a, b) => b[1] - a[1]);
    if (best !== undefined && best[1] >= RENAMED_SHARE * lines) renamed.set(path, best[0]);
  }
  return renamed;
}
