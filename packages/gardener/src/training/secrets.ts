/** Shapes of well-known keys and tokens. Each is anchored on a prefix or a key name, so that plain code rarely matches. */
const SECRET_PATTERNS: readonly { name: string; pattern: RegExp }[] = [
  { name: 'private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { name: 'AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b/ },
  { name: 'GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { name: 'Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/ },
  { name: 'Stripe key', pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/ },
  { name: 'API key', pattern: /\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}/ },
  { name: 'Google API key', pattern: /\bAIza[0-9A-Za-z_-]{35}/ },
  { name: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: 'Hugging Face token', pattern: /\bhf_[A-Za-z0-9]{30,}\b/ },
  { name: 'JSON web token', pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/ },
  {
    name: 'password in a URL',
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`<>${}]+:[^\s/:@'"`<>${}]{6,}@[\w.-]+/i,
  },
];

/** `password = "…"`, `apiKey: '…'` and the like; the value is judged by `looksRandom`. */
const ASSIGNMENT =
  /(?:api[_-]?key|secret|token|passwd|password|credential|private[_-]?key)\w*["']?\s*[:=]\s*["'`]([^\s"'`]{16,})["'`]/gi;

/**
 * The kind of the first string in `text` that looks like a key, token or password, or null.
 * A filter against learning secrets by heart: it would rather drop a harmless example than keep a key.
 */
export function findSecret(text: string): string | null {
  for (const { name, pattern } of SECRET_PATTERNS) if (pattern.test(text)) return name;
  for (const match of text.matchAll(ASSIGNMENT)) {
    if (looksRandom(match[1] as string)) return 'secret in an assignment';
  }
  return null;
}

/** Whether a value has the letter-and-digit disorder of a generated secret (Shannon entropy per character >= 3.3 bits). */
function looksRandom(value: string): boolean {
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits >= 3.3;
}
