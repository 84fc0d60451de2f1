import type { ModelTokenizer, SupervisedExample } from '@codebase-gardener/lora';
import { pathLine } from '../../../codebase/languages/path-line.js';
import { findGapTokens, type Gap } from '../../../models/runtime/fill-in-the-middle.js';
import { type Random, seededRandom } from '../random.js';
import type { SplitFile } from '../split/split.js';
import { type GapBase, gapRow } from './gap-row.js';
import { findScopes, SCOPE_KINDS, type Scope, type ScopeKind } from './scopes.js';

export type { GapBase } from './gap-row.js';

/** What a tokenizer says of gaps. A base without an end token of its own for fillings ends them as it ends a turn. */
export function gapBase(tokenizer: ModelTokenizer): GapBase {
  const gapTokens = findGapTokens((text) => tokenizer.specialTokens.get(text));
  return { tokenizer, gapTokens, endToken: gapTokens?.end ?? tokenizer.endOfTurnToken };
}

/** How gap rows are made. */
export interface GapOptions {
  /** Longest row, tokens. */
  sequenceLength: number;
  seed: number;
  /** Name of the codebase, for bases with a repository format. */
  repository: string;
}

/** A gap of a file, as a row to learn from or to be scored on. */
export interface GapExample {
  path: string;
  kind: ScopeKind;
  /** Supervised are the filling and the end token behind it. */
  example: SupervisedExample;
  /** What the row tells of the gap, as a prompt tells it. */
  gap: Gap;
  /** The filling itself. */
  text: string;
}

/** How often each kind of scope is drawn, relative to the others: the more often people type one, the more often. */
const SHARES: Record<ScopeKind, number> = { line: 0.4, statement: 0.15, body: 0.3, arguments: 0.15 };
/** At least so much stands before a gap; arXiv 2602.05780 has 200 characters. */
const MIN_BEFORE_CHARS = 100;

/**
 * Draws gaps of a file at syntactic scopes, by a seed and the file's path, and makes a row of each: in the base's own
 * prefix-suffix-middle spelling (https://arxiv.org/abs/2207.14255), or, for a base without, the text before the gap and
 * its filling. Lines that are excluded (secrets, copies of held-out code) are in no row. No scope is drawn twice: the
 * rows end when none is left.
 */
export function* drawGaps(side: SplitFile, base: GapBase, options: GapOptions): Generator<GapExample> {
  const { file } = side;
  const random = seededRandom(options.seed, `gaps ${file.path}`);
  const free = freeParts(side);
  const scopes = new Map(SCOPE_KINDS.map((kind) => [kind, [] as Scope[]]));
  for (const scope of findScopes(file.text, file.language)) scopes.get(scope.kind)?.push(scope);
  for (let scope = draw(scopes, random); scope !== null; scope = draw(scopes, random)) {
    const { start, end } = scope;
    const part = free.find((free) => free.start <= start && end <= free.end);
    // A scope that fits into no row is taken out all the same, so the loop ends when none is left.
    const row = part && rowOf(side, scope, part, base, options);
    if (row) yield row;
  }
}

/** Takes a scope out of one of the lists: a kind by its share among those that are left, then any of its scopes. */
function draw(scopes: ReadonlyMap<ScopeKind, Scope[]>, random: Random): Scope | null {
  const left = [...scopes].filter(([, list]) => list.length > 0);
  let at = random() * left.reduce((sum, [kind]) => sum + SHARES[kind], 0);
  for (const [kind, list] of left) {
    at -= SHARES[kind];
    if (at > 0 && kind !== left.at(-1)?.[0]) continue;
    const [scope] = list.splice(Math.floor(random() * list.length), 1);
    return scope ?? null;
  }
  return null;
}

/** The parts of a text, [start, end), between the lines that must not be used. */
function freeParts({ file, excludedLines }: SplitFile): { start: number; end: number }[] {
  const starts = [
    0,
    ...[...file.text.matchAll(/\r\n|\n|\r/g)].map(({ index, 0: ending }) => index + ending.length),
  ];
  const offsetOf = (line: number) => starts[line - 1] ?? file.text.length;
  const parts: { start: number; end: number }[] = [];
  let start = 0;
  for (const range of [...excludedLines].sort((a, b) => a.startLine - b.startLine)) {
    const end = offsetOf(range.startLine);
    if (end > start) parts.push({ start, end });
    start = Math.max(start, offsetOf(range.endLine + 1));
  }
  if (start < file.text.length) parts.push({ start, end: file.text.length });
  return parts;
}

function rowOf(
  { file }: SplitFile,
  scope: Scope,
  part: { start: number; end: number },
  base: GapBase,
  { sequenceLength, repository }: GapOptions,
): GapExample | null {
  if (scope.start - part.start < MIN_BEFORE_CHARS) return null;
  const text = file.text.slice(scope.start, scope.end);
  const place = { repository, path: file.path, files: [], comments: pathLine(file.path, file.language) };
  const around = {
    before: file.text.slice(part.start, scope.start),
    after: file.text.slice(scope.end, part.end),
  };
  const row = gapRow({ text, ...around, place }, base, sequenceLength);
  return row && { path: file.path, kind: scope.kind, text, ...row };
}
