import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import { baseOfAdapter } from '../../adapters/adapter-base.js';
import { runOf } from '../../adapters/adapter-store.js';
import { type DataManifest, seenFiles } from '../../data/data-manifest.js';
import { countNewLines } from '../../data/split/line-hashes.js';
import { renamedFiles } from '../../data/split/renamed-files.js';
import { RunDirectory } from '../../run-directory/run-directory.js';
import type { RunContext } from '../run-context.js';

/** Less than this share of the lines changed: the adapter stays as it is. */
export const MIN_CHANGED_SHARE = 0.05;
/** Continuing needs smaller steps than beginning. */
export const CONTINUED_LEARNING_RATE = 0.5;

/** The promoted adapter that a refresh may continue from. */
export interface EarlierTraining {
  version: number;
  /** What it was trained on; null where that is not known, as of an imported adapter. */
  manifest: DataManifest | null;
}

/** The same where enough is known of it to continue. */
export type KnownTraining = EarlierTraining & { manifest: DataManifest };

/** What a refresh comes to. */
export type RefreshPlan =
  | { train: false; reason: string }
  | {
      train: true;
      reason: string;
      earlier: KnownTraining;
      /** Files that are new or changed since, and files that the adapter has seen, by the paths of today. */
      changed: ReadonlySet<string>;
      seen: ReadonlySet<string>;
    };

/** The promoted adapter of a project with what it was trained on; null where there is none on the base of this run. */
export async function findEarlierTraining({
  garden,
  project,
  baseModel,
}: RunContext): Promise<EarlierTraining | null> {
  const version = project.promotedAdapter;
  if (version === null || (await baseOfAdapter(garden.paths, project, version)) !== baseModel) return null;
  const runId = await runOf(garden.paths, project.id, version);
  if (runId === null) return { version, manifest: null };
  const run = new RunDirectory(garden.paths.run(project.id, runId));
  return { version, manifest: await run.readDataManifest().catch(() => null) };
}

/** Whether enough code has changed since the promoted adapter was trained, in one sentence with the figures. */
export function planRefresh(earlier: EarlierTraining | null, files: readonly ChunkedFile[]): RefreshPlan {
  if (earlier === null) {
    const reason =
      'The index is up to date. There is no trained adapter to continue from: `gardener train` makes one.';
    return { train: false, reason };
  }
  const { version, manifest } = earlier;
  if (manifest === null) {
    const reason =
      `The index is up to date. What adapter ${version} was trained on is not known, so training cannot continue from it: ` +
      '`gardener train` makes a new one.';
    return { train: false, reason };
  }
  const renamed = renamedFiles(files, manifest.fileLines);
  const before = (path: string): string => renamed.get(path) ?? path;
  const changed = files.filter(({ path, hash }) => manifest.fileHashes[before(path)] !== hash);
  const counts = changed.map(({ path, text }) => countNewLines(text, manifest.fileLines[before(path)]));
  const newLines = counts.reduce((sum, count) => sum + count.changed, 0);
  const lines = files.reduce((sum, { text }) => sum + countNewLines(text, undefined).lines, 0);
  const share = newLines / Math.max(1, lines);
  const figures =
    `${newLines} of ${lines} lines are new or changed since adapter ${version} was trained, in ${changed.length} of ` +
    `${files.length} files: ${(100 * share).toFixed(1)} % of the code`;
  if (share < MIN_CHANGED_SHARE) {
    const reason = `The index is up to date. ${figures}: the adapter stays; training continues from ${100 * MIN_CHANGED_SHARE} % on.`;
    return { train: false, reason };
  }
  const reason = `${figures}: training continues from adapter ${version}.`;
  const seen = seenFiles(manifest);
  const renamedSeen = [...renamed].filter(([, old]) => seen.has(old)).map(([path]) => path);
  return {
    train: true,
    reason,
    earlier: { version, manifest },
    changed: new Set(changed.map(({ path }) => path)),
    seen: new Set([...seen, ...renamedSeen]),
  };
}
