import { createHash } from 'node:crypto';
import { fingerprintsOf, shortened } from '../../garden/settings/fingerprints.js';
import type { FoundSecret } from './found-secret.js';

// gitleaks' own words count too, since a codebase may have them already.
const MARK = /\b(?:gardener:allow-secret|gitleaks:allow)\b/;
const COMMENT_ONLY = /^\s*(?:\/\/|\/\*|#|--|<!--|;|%|\*|"""|'''|rem\b)/i;

/**
 * Whether a comment on the line of an offset, or alone on the line above it, says that what stands there is no
 * secret.
 */
export function allowsSecrets(text: string): (at: number) => boolean {
  if (!MARK.test(text)) return () => false;
  return (at) => {
    const start = text.lastIndexOf('\n', at - 1) + 1;
    if (MARK.test(lineFrom(text, start))) return true;
    if (start === 0) return false;
    const above = lineFrom(text, text.lastIndexOf('\n', start - 2) + 1);
    return COMMENT_ONLY.test(above) && MARK.test(above);
  };
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? text.length : end);
}

/** What was decided about the secrets of a file: those masked, and the fingerprints of those let through. */
export interface JudgedSecrets {
  /** A place that an earlier version found has no fingerprint. */
  secrets?: readonly { fingerprint?: string }[];
  /** Sorted; absent where none was let through. */
  allowedSecrets?: readonly string[];
}

/**
 * Names a secret without telling it, whatever file it stands in. Whoever has a guess can check it; a secret made by
 * chance is beyond guessing.
 */
export function fingerprintOf(secret: string): string {
  // So that no table of known hashes has it.
  return shortened(createHash('sha256').update(`gardener secret\n${secret}`).digest('hex'));
}

/**
 * Leaves out what the setting `allowedSecrets` says is no secret, and what stands inside of that.
 * @param list the setting
 */
export function withoutAllowed<Found extends FoundSecret & { fingerprint: string }>(
  found: readonly Found[],
  list: string,
): { found: Found[]; allowed: string[] } {
  const named = new Set(fingerprintsOf(list));
  const allowed = found.filter(({ fingerprint }) => named.has(fingerprint));
  if (allowed.length === 0) return { found: [...found], allowed: [] };
  const isInside = (one: Found) => allowed.some(({ start, end }) => start <= one.start && one.end <= end);
  return {
    found: found.filter((one) => !isInside(one)),
    allowed: [...new Set(allowed.map(({ fingerprint }) => fingerprint))].sort(),
  };
}

/** Whether the setting `allowedSecrets`, as it is now, decides about the secrets of a file as it was decided. */
export function isJudgedBy({ secrets = [], allowedSecrets = [] }: JudgedSecrets, list: string): boolean {
  if (secrets.length === 0 && allowedSecrets.length === 0) return true;
  const named = new Set(fingerprintsOf(list));
  const isStillMasked = ({ fingerprint }: { fingerprint?: string }) =>
    fingerprint !== undefined && !named.has(fingerprint);
  return secrets.every(isStillMasked) && allowedSecrets.every((one) => named.has(one));
}
