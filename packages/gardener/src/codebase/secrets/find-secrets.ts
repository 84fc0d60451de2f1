import { allowsSecrets, fingerprintOf, withoutAllowed } from './allowed-secrets.js';
import { findCredentials } from './credentials.js';
import type { FoundSecret } from './found-secret.js';
import { findInBase64, findInJoined } from './hidden-text.js';
import { findNamedSecrets } from './named-secrets.js';
import { findByRules } from './rule-secrets.js';

/** Where a secret stands: never what it is. */
export interface SecretPlace {
  /** 1-based first and last line. */
  line: number;
  endLine: number;
  /** Id of the rule that found it. */
  rule: string;
  /** Names the secret in the setting `allowedSecrets`; absent where an earlier version found it. */
  fingerprint?: string;
}

/** A text without its secrets. */
export interface MaskedText {
  /** As long as the original, line for line: each character of a secret is `*`. */
  text: string;
  /** In order of place; empty when nothing was masked, and `text` is then the original. */
  secrets: SecretPlace[];
  /** Fingerprints of what the setting lets through, sorted; absent where it is nothing. */
  allowedSecrets?: string[];
}

const MASK = '*';
/** A file of which less than this share is left is a file of keys. */
const KEY_FILE_SHARE = 0.25;

/**
 * Masks what looks like a key, token or password. The rest of the file stays, so a wrong guess costs one string.
 * @param path relative to the project root: some rules are for some kinds of files only
 * @param allowedSecrets the setting: fingerprints of what is no secret. Defaults to none
 */
export function maskSecrets(path: string, text: string, allowedSecrets = ''): MaskedText {
  const { found, allowed } = withoutAllowed(findSecrets(path, text), allowedSecrets);
  const through = allowed.length === 0 ? {} : { allowedSecrets: allowed };
  if (found.length === 0) return { text, secrets: [], ...through };
  const parts: string[] = [];
  const secrets: SecretPlace[] = [];
  let end = 0;
  let line = 1;
  let counted = 0;
  const lineAt = (position: number): number => {
    for (let at = text.indexOf('\n', counted); at !== -1 && at < position; at = text.indexOf('\n', counted)) {
      line++;
      counted = at + 1;
    }
    return line;
  };
  for (const each of found) {
    // Two rules may find the same string: the first one names it, and what the second one has beyond it is masked too.
    const start = Math.max(each.start, end);
    if (start >= each.end) continue;
    parts.push(text.slice(end, start), text.slice(start, each.end).replace(/[^\s]/g, MASK));
    if (start === each.start && each.continues !== true)
      secrets.push({
        line: lineAt(each.start),
        endLine: lineAt(each.end),
        rule: each.rule,
        fingerprint: each.fingerprint,
      });
    end = each.end;
  }
  parts.push(text.slice(end));
  return { text: parts.join(''), secrets, ...through };
}

/** Whether hardly anything but masked secrets is left of a text: a key file, whatever its name. */
export function isMostlySecret(masked: string): boolean {
  const visible = masked.replace(/\s+/g, '');
  return visible.length > 0 && visible.replaceAll(MASK, '').length < visible.length * KEY_FILE_SHARE;
}

/**
 * Sorted by start; of two that begin at the same place the longer first. Rules know the shape of a key, the other
 * finders
 * the place in which one stands; both look once more at what shows only when literals are joined or base64 is decoded.
 */
function findSecrets(path: string, text: string): (FoundSecret & { fingerprint: string })[] {
  const plain = (part: string) => [
    ...findByRules(path, part),
    ...findNamedSecrets(path, part),
    ...findCredentials(part),
  ];
  const isAllowed = allowsSecrets(text);
  return [...plain(text), ...findInJoined(text, plain), ...findInBase64(text, plain)]
    .filter(({ start }) => !isAllowed(start))
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .map((one) => ({ ...one, fingerprint: fingerprintOf(one.secret ?? text.slice(one.start, one.end)) }));
}
