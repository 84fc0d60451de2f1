/** A shape of secrets, as gitleaks describes it (docs/decisions/2026-11-24-secrets.md). */
export interface SecretRule {
  id: string;
  /** Global. The secret is group `group`, else the first group that took part, else the whole match. */
  pattern: RegExp;
  /** In lower case; where none of them stands, the pattern need not be tried. */
  keywords: readonly string[];
  /** Only files whose path matches. */
  path?: RegExp;
  /** Shannon entropy in bits a character that a secret must exceed. */
  entropy?: number;
  group?: number;
  allowed?: readonly SecretAllowance[];
}

/** What a match may look like and be no secret: any one of the three, or with `all` each that is given. */
export interface SecretAllowance {
  patterns?: readonly RegExp[];
  /** What the patterns look at. Defaults to the secret. */
  target?: string;
  /** In lower case; found anywhere in the secret. */
  words?: readonly string[];
  paths?: readonly RegExp[];
  all?: boolean;
}
