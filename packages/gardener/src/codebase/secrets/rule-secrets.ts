import type { FoundSecret } from './found-secret.js';
import { randomBits } from './random-bits.js';
import { isHarmless as isHarmlessForm } from './secret-likeness.js';
import type { SecretRule } from './secret-rule.js';
import { HARMLESS_VALUES, SECRET_RULES } from './secret-rules.generated.js';

/** The rule that goes by a name alone, as loosely as `key`: what is given to it must look random too. */
const LOOSE_RULE = 'generic-api-key';
const LOOSE_RULE_BITS = 5;
/** How much of a match's line is looked at on either side. */
const LINE_CHARACTERS = 1_000;
/** Names with `key` or `token` in them whose values are public: a nonce, a hash, a name in a store. */
const NO_SECRETS =
  /websocket|public[_-]?key|(?:cache|primary|foreign|sort|partition|object|storage|translation|i18n|idempotency|page|continuation|cursor)[_-]?(?:key|token)|key[_-]?id|checksum|sha\d|md5|hash|digest|integrity|fingerprint|thumbprint/i;

/** Finds what gitleaks' rules recognise. */
export function findByRules(path: string, text: string): FoundSecret[] {
  const lower = text.toLowerCase();
  const found: FoundSecret[] = [];
  for (const rule of SECRET_RULES) {
    if (rule.path !== undefined && !rule.path.test(path)) continue;
    if (!rule.keywords.some((keyword) => lower.includes(keyword))) continue;
    rule.pattern.lastIndex = 0;
    for (const match of text.matchAll(rule.pattern)) {
      const secret = secretOf(rule, match);
      if (secret === null || isHarmless(rule, path, text, match, secret.value)) continue;
      if (isTooLoose(rule, contextOf(text, match, 'match'), secret.value)) continue;
      found.push({ start: secret.start, end: secret.start + secret.value.length, rule: rule.id });
    }
  }
  return found;
}

/** What two of the rules take that is plainly no secret. */
function isTooLoose({ id }: SecretRule, match: string, secret: string): boolean {
  // A sentence about a key's first line.
  if (id === 'private-key') return !/[A-Za-z0-9+/=]{40}/.test(secret);
  if (id !== LOOSE_RULE) return false;
  return randomBits(secret) < LOOSE_RULE_BITS || isHarmlessForm(secret) || NO_SECRETS.test(match);
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
    const line = text.slice(Math.max(0, start - LINE_CHARACTERS), start).replace(/^.*\n/s, '');
    return line + text.slice(start, end + LINE_CHARACTERS).replace(/\n.*$/s, '');
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
