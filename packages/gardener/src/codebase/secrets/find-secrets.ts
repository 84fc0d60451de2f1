import type { SecretRule } from './secret-rule.js';
import { HARMLESS_VALUES, SECRET_RULES } from './secret-rules.generated.js';

/** Where a secret stands: never what it is. */
export interface SecretPlace {
  /** 1-based first and last line. */
  line: number;
  endLine: number;
  /** Id of the rule that found it. */
  rule: string;
}

/** A text without its secrets. */
export interface MaskedText {
  /** As long as the original, line for line: each character of a secret is `*`. */
  text: string;
  /** In order of place; empty when nothing was masked, and `text` is then the original. */
  secrets: SecretPlace[];
}

// gitleaks knows no rule for it: user:password@host, in any scheme.
const URL_PASSWORD: SecretRule = {
  id: 'password-in-url',
  pattern:
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"`<>${}()|\\]{1,100}:([^\s/:@'"`<>${}()|\\]{6,200})@[\w.-]/gi,
  keywords: ['://'],
  allowed: [
    {
      patterns: [
        /^(?:[^a-z0-9]*|.*\.\.\..*|%[\w-]+%?|%\(\w+\)s)$/i,
        /pass|secret|token|example|changeme|your|user|dummy|test|fake|hunter2|foobar|swordfish|xxx|\*\*\*/i,
        /^(?:admin|guest|root|postgres|mysql|rabbitmq|123456\d*|qwerty)$/i,
      ],
    },
  ],
};

const RULES: readonly SecretRule[] = [...SECRET_RULES, URL_PASSWORD];
const MASK = '*';
/** A file of which less than this share is left is a file of keys. */
const KEY_FILE_SHARE = 0.25;

interface Found {
  start: number;
  end: number;
  rule: string;
}

/**
 * Masks what looks like a key, token or password. The rest of the file stays, so a wrong guess costs one string.
 * @param path relative to the project root: some rules are for some kinds of files only
 */
export function maskSecrets(path: string, text: string): MaskedText {
  const found = findSecrets(path, text);
  if (found.length === 0) return { text, secrets: [] };
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
    // Two rules may find the same string: the first one names it.
    if (each.start < end) continue;
    parts.push(text.slice(end, each.start), text.slice(each.start, each.end).replace(/[^\s]/g, MASK));
    secrets.push({ line: lineAt(each.start), endLine: lineAt(each.end), rule: each.rule });
    end = each.end;
  }
  parts.push(text.slice(end));
  return { text: parts.join(''), secrets };
}

/** Whether hardly anything but masked secrets is left of a text: a key file, whatever its name. */
export function isMostlySecret(masked: string): boolean {
  const visible = masked.replace(/\s+/g, '');
  return visible.length > 0 && visible.replaceAll(MASK, '').length < visible.length * KEY_FILE_SHARE;
}

/** Sorted by start; of two that begin at the same place the longer first. */
function findSecrets(path: string, text: string): Found[] {
  const lower = text.toLowerCase();
  const found: Found[] = [];
  for (const rule of RULES) {
    if (rule.path !== undefined && !rule.path.test(path)) continue;
    if (!rule.keywords.some((keyword) => lower.includes(keyword))) continue;
    rule.pattern.lastIndex = 0;
    for (const match of text.matchAll(rule.pattern)) {
      const secret = secretOf(rule, match);
      if (secret === null || isHarmless(rule, path, text, match, secret.value)) continue;
      found.push({ start: secret.start, end: secret.start + secret.value.length, rule: rule.id });
    }
  }
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

function secretOf(rule: SecretRule, match: RegExpExecArray): { start: number; value: string } | null {
  const [whole, ...groups] = match;
  const value = rule.group === undefined ? (groups.find((group) => group) ?? whole) : match[rule.group];
  if (!value) return null;
  // A group's place is not told; the secret is the last thing of a match, so its last occurrence is the one.
  return { start: match.index + whole.lastIndexOf(value), value };
}

function isHarmless(
  rule: SecretRule,
  path: string,
  text: string,
  match: RegExpExecArray,
  secret: string,
): boolean {
  if (rule.entropy !== undefined && entropyOf(secret) <= rule.entropy) return true;
  const lower = secret.toLowerCase();
  return [HARMLESS_VALUES, ...(rule.allowed ?? [])].some((allowance) => {
    const target = allowance.target === undefined ? secret : contextOf(text, match, allowance.target);
    const verdicts = [
      allowance.patterns?.some((pattern) => pattern.test(target)),
      allowance.words?.some((word) => lower.includes(word)),
      allowance.paths?.some((pattern) => pattern.test(path)),
    ].filter((verdict) => verdict !== undefined);
    return allowance.all === true ? verdicts.every(Boolean) : verdicts.some(Boolean);
  });
}

// gitleaks' own patterns reach back over the whole name before the keyword; ours begin at the keyword.
function contextOf(text: string, match: RegExpExecArray, target: string): string {
  const start = match.index;
  const end = start + match[0].length;
  if (target === 'line') {
    const lineEnd = text.indexOf('\n', end);
    return text
      .slice(text.lastIndexOf('\n', start - 1) + 1, lineEnd === -1 ? text.length : lineEnd)
      .slice(0, 2_000);
  }
  const before = /[\w.-]{0,50}$/.exec(text.slice(Math.max(0, start - 50), start))?.[0] ?? '';
  return before + match[0];
}

/** Shannon entropy of a string's characters, bits a character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
