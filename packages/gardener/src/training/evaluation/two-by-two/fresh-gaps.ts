import type { LanguageId } from '../../../codebase/languages/language.js';
import { isCode } from '../../../codebase/languages/languages.js';
import { chunkCodebase } from '../../../codebase/read/chunk-codebase.js';
import { isChunkedFile } from '../../../codebase/read/chunked-file.js';
import { gapsInTurn } from '../../data/gaps/gap-rows.js';
import type { ScopeKind } from '../../data/gaps/scopes.js';
import type { HeldOutGap } from '../../data/split/held-out.js';
import type { SplitFile } from '../../data/split/split.js';
import { BYTES } from '../compare/compared-gaps.js';

/** Where gaps are looked for. */
export interface FreshGapsInput {
  root: string;
  maxFileBytes: number;
  /** The setting. */
  allowedSecrets: string;
  /** Name of the codebase. */
  repository: string;
  seed: number;
  /** Paths of the files that the adapter was not trained on. */
  heldOut: string[];
  /** What the gate has measured: gaps that touch one of them are left out. */
  seen: SeenPlace[];
  /** Most gaps. */
  count: number;
}

/** A place that was measured before: its filling, and text of its file that stands right before. */
export interface SeenPlace {
  path: string;
  before: string;
  text: string;
}

/** A held-out file with gaps that were not measured yet. */
export interface FileWithFreshGaps {
  path: string;
  language: LanguageId;
  text: string;
  gaps: (Pick<HeldOutGap, 'gap' | 'text'> & { kind: ScopeKind })[];
}

/** Bytes in and around a gap, at most: a body of 1,000 characters has room. */
const MAX_GAP_BYTES = 1_800;
/** So much text before a place tells where it is. */
const TELLING_CHARS = 80;
/** The gate's own gaps were drawn with the run's seed. */
const OTHER_DRAW = 1_000_003;
/** Some touch what was measured before. */
const DRAWN_FOR_ONE = 3;

/**
 * Draws gaps of the held-out files of a codebase as they are now, from the files in turn, none of which touches a place
 * that the gate has seen. Secrets are masked and in no gap.
 * @param onFiles called with the files read so far
 * @throws GardenerError `codebase.*`
 */
export async function freshGaps(
  { root, maxFileBytes, allowedSecrets, repository, seed, heldOut, seen, count }: FreshGapsInput,
  signal: AbortSignal,
  onFiles: (files: number) => void,
): Promise<FileWithFreshGaps[]> {
  const wanted = new Set(heldOut);
  const sides: SplitFile[] = [];
  let read = 0;
  for await (const item of chunkCodebase(root, { maxFileBytes, allowedSecrets, signal })) {
    if (isChunkedFile(item) && wanted.has(item.path) && isCode(item.language))
      sides.push({ file: item, excludedLines: secretLines(item.secrets ?? []) });
    onFiles(++read);
  }
  return freshGapsOf(sides, seen, count, { repository, seed });
}

/** The same of files that are read. Pure. */
export function freshGapsOf(
  sides: readonly SplitFile[],
  seen: readonly SeenPlace[],
  count: number,
  { repository, seed }: { repository: string; seed: number },
): FileWithFreshGaps[] {
  const options = { sequenceLength: MAX_GAP_BYTES, seed: seed + OTHER_DRAW, repository };
  const drawn = gapsInTurn(sides, DRAWN_FOR_ONE * count, BYTES, options);
  const fresh = sides.map(({ file }, index) => {
    const taken = seen.filter(({ path }) => path === file.path).flatMap((place) => rangeOf(file.text, place));
    return (drawn[index] ?? []).filter(({ gap, text }) => {
      const own = rangeOf(file.text, { before: gap.before, text })[0];
      return own !== undefined && !taken.some(({ start, end }) => own.start < end && start < own.end);
    });
  });
  const kept = sides.map((): FileWithFreshGaps['gaps'] => []);
  const longest = Math.max(0, ...fresh.map((gaps) => gaps.length));
  let left = count;
  for (let turn = 0; turn < longest; turn++) {
    for (const [index, gaps] of fresh.entries()) {
      const next = gaps[turn];
      if (next === undefined || left === 0) continue;
      kept[index]?.push({ kind: next.kind, gap: next.gap, text: next.text });
      left--;
    }
  }
  return sides.flatMap(({ file: { path, language, text } }, index) => {
    const gaps = kept[index] ?? [];
    return gaps.length === 0 ? [] : [{ path, language, text, gaps }];
  });
}

/** Where a place is in a text, [start, end); empty where it is not there any more. */
function rangeOf(text: string, place: Pick<SeenPlace, 'before' | 'text'>): { start: number; end: number }[] {
  const before = place.before.slice(-TELLING_CHARS);
  const at = text.indexOf(before + place.text);
  return at < 0 ? [] : [{ start: at + before.length, end: at + before.length + place.text.length }];
}

function secretLines(places: readonly { line: number; endLine: number }[]): SplitFile['excludedLines'] {
  return places.map(({ line, endLine }) => ({ startLine: line, endLine }));
}
