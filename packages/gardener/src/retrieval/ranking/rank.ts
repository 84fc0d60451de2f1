import { fileEvidence, spreadOverFiles } from './file-evidence.js';
import { kindOfQuery } from './query-kind.js';
import type { QueryNames } from './query-names.js';
import { type Candidate, type Signalled, type Signals, signalsOf } from './signals.js';
import { WEIGHTS, type Weights } from './weights.js';

/** A candidate in its place. */
export interface RankedCandidate extends Signalled {
  score: number;
}

/** Ranks the candidates of a query, best first: their signals, then their order. */
export function rank(
  query: string,
  names: QueryNames,
  candidates: readonly Candidate[],
  weights: Weights = WEIGHTS[kindOfQuery(query)],
): RankedCandidate[] {
  return order(signalsOf(query, names, candidates), weights);
}

/**
 * Orders candidates by their signals:
 *
 * 1. each chunk by itself: its signals, weighted and added, times what its file is for;
 * 2. each file: the scores of its chunks added up support its best chunk;
 * 3. over files: further chunks of a file come lower, so that the first results name many files.
 */
export function order(candidates: readonly Signalled[], weights: Weights): RankedCandidate[] {
  const scored = candidates
    .map((candidate) => ({ ...candidate, score: scoreAlone(candidate, weights) }))
    .sort((a, b) => b.score - a.score);
  const most = Math.max(scored[0]?.score ?? 0, 0);
  const evidence = fileEvidence(scored);
  const supported = new Set<string>();
  for (const chunk of scored) {
    if (supported.has(chunk.path)) continue;
    supported.add(chunk.path);
    chunk.score += weights.evidence * most * (evidence.get(chunk.path) ?? 0);
  }
  return spreadOverFiles(scored, weights.spread);
}

function scoreAlone({ signals, role }: Signalled, weights: Weights): number {
  let sum = 0;
  for (const name of SIGNAL_NAMES) sum += weights[name] * signals[name];
  return sum * weights[role];
}

const SIGNAL_NAMES: readonly (keyof Signals)[] = [
  'meaning',
  'words',
  'name',
  'file',
  'folder',
  'definition',
  'definitionAlone',
  'path',
  'pathAlone',
];
