import { combineScores } from './combine-scores.js';
import { type Definition, definitionIn } from './definitions.js';
import { fileEvidence, spreadOverFiles } from './file-evidence.js';
import { askedRoles, fileRole } from './file-role.js';
import { folderName, stemName } from './path-words.js';
import type { QueryNames } from './query-names.js';
import { WEIGHTS, type Weights } from './weights.js';
import { wordOverlaps } from './word-overlap.js';
import { askedStems, stemsOf } from './words.js';

/** A chunk that may answer, with what is known of it before it is read. */
export interface Candidate {
  id: string;
  path: string;
  language: string;
  kind: string;
  startLine: number;
  endLine: number;
  /** Qualified name of the chunk's own symbol, '' when it has none. */
  symbol: string;
  /** Last names of all that is declared in it, as they are written. */
  names: readonly string[];
  /** Cosine of its vector with the query's; null when it is not among the nearest. */
  similarity: number | null;
  /** BM25 of its words; null when it is not among the best. */
  keywords: number | null;
}

/** What each signal added to a candidate's score. */
export interface Signals {
  meaning: number;
  words: number;
  name: number;
  file: number;
  folder: number;
  definition: number;
  path: number;
  /** What its file's other chunks add; only the file's best chunk has it. */
  evidence: number;
  /** What the score is multiplied by for the role of its file. */
  role: number;
}

/** A candidate in its place. */
export interface RankedCandidate extends Candidate {
  score: number;
  signals: Signals;
  /** The name of the query that it declares, or null. */
  definition: Definition | null;
}

/**
 * Ranks the candidates of a query, best first:
 *
 * 1. each chunk by itself: meaning and words (stretched to 0..1), words that the query shares with its names, its
 *    file's stem and folders, definitions and paths that the query names; times what its file is for;
 * 2. each file: the scores of its chunks added up support its best chunk;
 * 3. over files: further chunks of a file come lower, so that the first results name many files.
 */
export function rank(
  query: string,
  names: QueryNames,
  candidates: readonly Candidate[],
  weights: Weights = WEIGHTS,
): RankedCandidate[] {
  const scored = scoreAlone(query, names, candidates, weights);
  const most = Math.max(...scored.map(({ score }) => score), 0);
  const evidence = fileEvidence(scored);
  const supported = new Set<string>();
  for (const chunk of scored.sort((a, b) => b.score - a.score)) {
    if (supported.has(chunk.path)) continue;
    supported.add(chunk.path);
    chunk.signals.evidence = weights.evidence * most * (evidence.get(chunk.path) ?? 0);
    chunk.score += chunk.signals.evidence;
  }
  return spreadOverFiles(scored, weights.spread);
}

function scoreAlone(
  query: string,
  names: QueryNames,
  candidates: readonly Candidate[],
  weights: Weights,
): RankedCandidate[] {
  const asked = askedStems(query);
  const roles = askedRoles(query);
  const paths = new Set(candidates.map(({ path }) => path));
  const meaning = stretched(candidates, ({ similarity }) => similarity);
  const words = stretched(candidates, ({ keywords }) => keywords);
  const byName = wordOverlaps(
    asked,
    new Map(candidates.map(({ id, names }) => [id, names.map((name) => ({ words: stemsOf(name) }))])),
  );
  const byStem = wordOverlaps(asked, new Map([...paths].map((path) => [path, [stemName(path)]])));
  const byFolder = wordOverlaps(asked, new Map([...paths].map((path) => [path, [folderName(path)]])));
  const ofDefinition = names.isWholeQuery ? weights.definitionAlone : weights.definition;
  return candidates.map((candidate) => {
    const { id, path, language } = candidate;
    const definition = definitionIn(names, candidate);
    const role = fileRole(path, language);
    const signals: Signals = {
      meaning: weights.meaning * (meaning.get(id) ?? 0),
      words: weights.words * (words.get(id) ?? 0),
      name: weights.name * (byName.get(id) ?? 0),
      file: weights.file * (byStem.get(path) ?? 0),
      folder: weights.folder * (byFolder.get(path) ?? 0),
      definition: ofDefinition * (definition?.strength ?? 0),
      path: isNamed(names, path) ? (names.isWholeQuery ? weights.pathAlone : weights.path) : 0,
      evidence: 0,
      role: roles.has(role) ? 1 : weights[role],
    };
    const { evidence: _, role: factor, ...added } = signals;
    const score = factor * Object.values(added).reduce((sum, value) => sum + value, 0);
    return { ...candidate, score, signals, definition };
  });
}

function stretched(
  candidates: readonly Candidate[],
  value: (candidate: Candidate) => number | null,
): Map<string, number> {
  const scores = new Map<string, number>();
  for (const candidate of candidates) {
    const found = value(candidate);
    if (found !== null) scores.set(candidate.id, found);
  }
  return combineScores([{ scores, weight: 1 }]);
}

const isNamed = ({ paths }: QueryNames, path: string) =>
  paths.some((named) => path === named || path.endsWith(`/${named}`));
