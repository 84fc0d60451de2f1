import type { IndexFreshness } from '../../retrieval/index/freshness.js';
import type { SearchResult } from '../../retrieval/search/search.js';

/** Lines of a result that are given at once; what is cut is to be read by read_code. */
const MAX_LINES = 80;
const MAX_CHARACTERS = 6_000;

/** A result as an agent gets it: the code, and where the rest is when it was cut. */
export interface CodeView {
  path: string;
  startLine: number;
  endLine: number;
  language: string;
  symbol: string | null;
  kind: string;
  code: string;
  /** The code goes on after what is given. */
  isCut: boolean;
  /** How to get the rest; null when nothing was cut. */
  rest: { tool: 'read_code'; path: string; from: number; to: number } | null;
  why: SearchResult['why'];
}

/** How old what was found is. */
export interface AgeView {
  commit: string | null;
  indexedAt: string;
  complete: boolean;
  changedSince: number | null;
  /** Files have changed since, or an update goes on: what is on disk may differ. */
  isStale: boolean;
}

/** A search result with its code, cut where it is long. */
export function codeView({ chunk, why }: SearchResult): CodeView {
  const { path, startLine, endLine, language, symbol, kind, text } = chunk;
  const lines = text.split('\n');
  let count = 0;
  for (let size = 0; count < Math.min(lines.length, MAX_LINES); count++) {
    size += (lines[count]?.length ?? 0) + 1;
    if (size > MAX_CHARACTERS && count > 0) break;
  }
  const code = lines.slice(0, count).join('\n').slice(0, MAX_CHARACTERS);
  const isCut = code.length < text.length;
  const from = Math.min(startLine + count, endLine);
  return {
    ...{ path, startLine, endLine, language, symbol, kind, code, isCut },
    rest: isCut ? { tool: 'read_code', path, from, to: endLine } : null,
    why,
  };
}

/** The same as text. */
export function codeText({ path, startLine, endLine, language, symbol, kind, code, rest }: CodeView): string {
  const head = `${path}:${startLine}-${endLine}  ${symbol ?? ''} (${kind})`;
  const more = rest === null ? '' : `\n(cut: read_code ${path} from ${rest.from} to ${rest.to})`;
  return `${head}\n\`\`\`${language}\n${code}\n\`\`\`${more}`;
}

/** The age of an index; null when it cannot be told. */
export function ageView(freshness: IndexFreshness | null): AgeView | null {
  if (freshness === null) return null;
  return { ...freshness, isStale: !freshness.complete || (freshness.changedSince ?? 0) > 0 };
}

/** One sentence where what was found may differ from what is on disk; '' otherwise. */
export function ageText(age: AgeView | null): string {
  if (age === null || !age.isStale) return '';
  if (!age.complete) return 'The index is being made: this is the part that is there.';
  return `${age.changedSince} files have changed since this was indexed: read them before you rely on it.`;
}
