import { randomBits } from './random-bits.js';

/**
 * How surely a value is a secret by where it stands. `password`: given to a name, a parameter or a part of an
 * address that says
 * password. `key`: to one that says key, token or secret. `hint`: beside something that often takes a secret, such
 * as the last
 * argument of a login.
 */
export type SecretContext = 'password' | 'key' | 'hint';

const MAX_VALUE_CHARACTERS = 4_000;
const MIN_PERSONS_CHARACTERS = 8;
const MIN_LETTERS_AND_DIGITS = 6;
const LIMITS: Record<SecretContext, { characters: number; bits: number }> = {
  password: { characters: 8, bits: 1.5 },
  key: { characters: 10, bits: 4 },
  hint: { characters: 10, bits: 5 },
};
/** A value with words that are written in place of one is a secret only where the rest outweighs them. */
const BITS_BESIDE_PLACEHOLDER = 9;

// What a program or a template fills in, what is made of a secret and gives it not away, and what names a place.
const HARMLESS_FORMS: readonly RegExp[] = [
  /\$\{|\{\{|#\{|<%|\$\(|%\(|%[sdv]\b|^<[^<>]*>$|^\$[a-z_]+$|^\$env:|^%[a-z_]+%$|^\{[^{}]*\}$|^\[[^[\]]*\]$|\{\d?\}/i,
  /^\$(?:2[abxy]?|argon2\w*|[156]|apr1|pbkdf2[\w-]*|scrypt|y)\$|^\{(?!noop)[a-z][\w@.-]{1,24}\}|^\{S?SHA|^ENC[[(]/i,
  /^(?:sha-?(?:1|224|256|384|512)|md5|pbkdf2\w*|bcrypt\w*|argon2\w*|scrypt)[-:$_]/i,
  /\\[dwsbDWSB]|\\x[0-9a-f]{2}|&[a-z]{2,6};|\(\?[:=!<]|\[\^|\.\*|\.\+|\[[a-z]-[a-z]|\[0-9|\]\+|\]\{/i,
  /^(?:[a-z][a-z+.-]{1,20}:\/\/|~\/|[a-z]:\\|arn:|urn:|mailto:|data:)/i,
  /^(?:vault|ssm|secretsmanager|secret|env|file|keyring|ref|op|kms|gsm|sops):/i,
  /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/,
  /^#[0-9a-f]{3,8}$|^0x[0-9a-f]{1,40}$/i,
  /^[\d.,:+eE-]+$/,
  /^-----BEGIN|^ssh-(?:rsa|ed25519|dss) |^MI[IGE][A-Za-z0-9+/]{20,}.*AQAB=*$/,
  /^(?:p[a@4][s$5]{1,2}(?:w[o0]r?d?)?|s[e3]cr[e3]t|hunter|qwerty|letmein|admin|iloveyou|swordfish)[\d!@#$*.]*$/i,
  /\*{3}|\.{3}|…|x{4}|X{4}|_{4}/,
];
const PLACEHOLDER_WORDS = new Set(
  (
    'example sample change changeme replace replaceme placeholder dummy fake mock test tests testing demo foo bar baz qux ' +
    'your insert enter todo none null undefined redacted hidden secret secrets password passwd token tokens key apikey value ' +
    'string user username admin guest default invalid wrong incorrect valid expected actual here some random generated ' +
    'supersecret mysecret mypassword notasecret unused invalidated expired bogus stub fixture'
  ).split(' '),
);

/** Whether a value is a secret, and no placeholder, hash, name, pattern or sentence. */
export function looksSecret(value: string, context: SecretContext): boolean {
  const { characters, bits } = LIMITS[context];
  const isPersons = context !== 'key' && value.length >= MIN_PERSONS_CHARACTERS && isMadeByPerson(value);
  if (value.length < characters && !isPersons) return false;
  if (value.length > MAX_VALUE_CHARACTERS || /\s/.test(value)) return false;
  if (isHarmless(value) || (value.match(/[a-z\d]/gi)?.length ?? 0) < MIN_LETTERS_AND_DIGITS) return false;
  const found = randomBits(value);
  if (hasPlaceholderWord(value)) return found >= Math.max(bits, BITS_BESIDE_PLACEHOLDER);
  return isPersons || (found >= bits && (context === 'password' || hasTwoKinds(value)));
}

/** Whether a value, wherever it stands, cannot be a secret by its form alone. */
export function isHarmless(value: string): boolean {
  return HARMLESS_FORMS.some((form) => form.test(value)) || isMonotonous(value);
}

/** `Winter24!rain`: letters, digits and a symbol that no name has. */
function isMadeByPerson(value: string): boolean {
  return (
    /[a-z]/i.test(value) &&
    /\d/.test(value) &&
    /[!?#$%^&*@+~=]/.test(value) &&
    !/[()[\]{}<>\\|;,/:]/.test(value)
  );
}

function hasTwoKinds(value: string): boolean {
  return (
    [/[a-z]/, /[A-Z]/, /\d/, /[^\w\s./:-]/].filter((kind) => kind.test(value)).length > 1 ||
    value.length >= 20
  );
}

function hasPlaceholderWord(value: string): boolean {
  const parts = value.match(/[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])/g) ?? [];
  return parts.some((part) => PLACEHOLDER_WORDS.has(part.toLowerCase()));
}

/** A few characters again and again, or in their order: `aaaa1111`, `12345678`, `abcdef0123456789`. */
function isMonotonous(value: string): boolean {
  const lower = value.toLowerCase();
  if (new Set(lower).size <= Math.min(4, value.length / 3)) return true;
  let steps = 0;
  for (let at = 1; at < lower.length; at++) {
    const step = lower.charCodeAt(at) - lower.charCodeAt(at - 1);
    if (step === 1 || step === 0 || step === -1) steps++;
  }
  return steps > (value.length - 1) * 0.6;
}
