import type { IndexFreshness } from '../../retrieval/index/freshness.js';
import { oneLine } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';

/** One sentence: at which commit the index is and how many files have changed since; '' when that cannot be told. */
export function describeFreshness({ commit, changedSince }: IndexFreshness): string {
  const at = commit === null ? '' : ` at ${oneLine(commit).slice(0, 8)}`;
  if (changedSince === null) return '';
  return changedSince === 0
    ? `Index${at} is up to date.`
    : `Index${at}: ${plural(changedSince, 'file')} changed since.`;
}
