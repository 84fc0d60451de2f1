import { type Definition, definitionIn, presentAmong } from './definitions.js';
import { askedRoles, type FileRole, fileRole } from './file-role.js';
import { folderName, stemName } from './path-words.js';
import { kindOfQuery } from './query-kind.js';
import type { QueryNames } from './query-names.js';
import { stretched } from './stretch.js';
import { type Named, wordOverlaps } from './word-overlap.js';
import { askedForms, askedStems, formsOfName, stemsOfName } from './words.js';

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

/** How strongly each signal speaks for a candidate, 0 to 1. */
export interface Signals {
  meaning: number;
  words: number;
  /** Words that the query shares with the chunk's names. */
  name: number;
  /** Words that it shares with the file's stem. */
  file: number;
  /** Words that it shares with the folders. */
  folder: number;
  /** A name in a sentence that the chunk declares. */
  definition: number;
  /** The same where the query is nothing but that name: above all that is only similar. */
  definitionAlone: number;
  /** A path in a sentence is rarely there by chance. */
  path: number;
  pathAlone: number;
}

/** A candidate with all that is known of it before weights are put on. */
export interface Signalled extends Candidate {
  signals: Signals;
  /** The name of the query that it declares, or null. */
  definition: Definition | null;
  /** What its file is for; `source` also where the query asks for files of that kind. */
  role: FileRole;
}

/**
 * What speaks for each candidate: meaning and words (stretched to 0..1 over the candidates), words that the query
 * shares with its names, its file's stem and folders, and definitions and paths that the query names.
 */
export function signalsOf(query: string, names: QueryNames, candidates: readonly Candidate[]): Signalled[] {
  const asked = askedStems(query);
  const roles = askedRoles(query);
  const present = presentAmong(names, candidates);
  const files = new Map(candidates.map(({ path, language }) => [path, language]));
  const ofFile = (named: (path: string) => Named) =>
    wordOverlaps(asked, new Map([...files.keys()].map((path) => [path, [named(path)]])));
  const meaning = stretchedOf(candidates, ({ similarity }) => similarity);
  const words = stretchedOf(candidates, ({ keywords }) => keywords);
  const byName = nameOverlaps(query, candidates);
  const [byStem, byFolder] = [ofFile(stemName), ofFile(folderName)];
  const role = new Map([...files].map(([path, language]) => [path, fileRole(path, language)]));
  return candidates.map((candidate) => {
    const { id, path } = candidate;
    const definition = definitionIn(names, candidate, present);
    const ownRole = role.get(path) ?? 'source';
    const isNamed = names.paths.some((named) => path === named || path.endsWith(`/${named}`)) ? 1 : 0;
    return {
      ...candidate,
      definition,
      role: roles.has(ownRole) ? 'source' : ownRole,
      signals: {
        meaning: meaning.get(id) ?? 0,
        words: words.get(id) ?? 0,
        name: byName.get(id) ?? 0,
        file: byStem.get(path) ?? 0,
        folder: byFolder.get(path) ?? 0,
        definition: names.isWholeQuery ? 0 : (definition?.strength ?? 0),
        definitionAlone: names.isWholeQuery ? (definition?.strength ?? 0) : 0,
        path: names.isWholeQuery ? 0 : isNamed,
        pathAlone: names.isWholeQuery ? isNamed : 0,
      },
    };
  });
}

/** A description says a name nearly as it is; what names a subject uses other words of the same family. */
function nameOverlaps(query: string, candidates: readonly Candidate[]): Map<string, number> {
  const isDescription = kindOfQuery(query) === 'description';
  const words = isDescription ? formsOfName : stemsOfName;
  const named = candidates.map(({ id, names }): [string, Named[]] => [
    id,
    names.map((name) => ({ words: words(name) })),
  ]);
  if (!isDescription) return wordOverlaps(askedStems(query), new Map(named));
  return wordOverlaps(askedForms(query), new Map(named), (one, other) => one === other);
}

function stretchedOf(
  candidates: readonly Candidate[],
  value: (candidate: Candidate) => number | null,
): Map<string, number> {
  const scores = new Map<string, number>();
  for (const candidate of candidates) {
    const found = value(candidate);
    if (found !== null) scores.set(candidate.id, found);
  }
  return stretched(scores);
}
