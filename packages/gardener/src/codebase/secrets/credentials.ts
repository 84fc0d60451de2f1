import type { FoundSecret } from './found-secret.js';
import { literalsOfExpression } from './literals.js';
import { isHarmless, looksSecret } from './secret-likeness.js';

// Each class of characters is bounded and excludes what follows it, so no text is gone over twice.
const ADDRESS =
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"`<>{}()|\\]{0,100}:([^\s/@'"`<>{}()|\\]{3,200})@[\w.[-]/gi;
const ORACLE = /\bjdbc:oracle:\w{1,10}:[^\s/@'"]{1,60}\/([^\s/@'"]{6,100})@/gi;
const SCHEME = /\b(bearer|basic|token|apikey|api-key|negotiate)[ ]{1,3}([A-Za-z0-9+/_=.~-]{12,1000})/gi;
const COOKIE = /\bcookie\b["'`\])]{0,3}\s{0,4}[:=,(]\s{0,9}/gi;
const COOKIE_PART = /([\w.-]{2,60})=([^;,\s"'`<>]{12,500})/g;
const COOKIE_SETTING = /^(?:path|domain|expires|max-age|samesite|priority)$/i;
const LOGIN =
  /\b\w{0,30}(?:log_?in|sign_?in|authenticate|set_?credentials|basic_?auth|\bauth|credentials?|create_?user|connect|password_?authentication)\s?(?:=\s?)?\(/gi;
// A password that everyone knows, or that says what it is.
const KNOWN_PASSWORD =
  /^(?:\w{0,12}pass(?:wo?r?d)?\w{0,4}|passwd|secret\w{0,3}|admin\w{0,3}|guest|root|postgres|mysql|mariadb|rabbitmq|redis|test\w{0,4}|user\w{0,4}|pw|pwd|token|key|hunter2|foobar|swordfish|changeme|qwerty\w{0,3}|minioadmin|dev|local|x+|\*+|[a-z]{1,5})$/i;

/** Finds what is given away where credentials have their fixed place: addresses, headers, cookies, logins. */
export function findCredentials(text: string): FoundSecret[] {
  const lower = text.toLowerCase();
  return [
    ...(lower.includes('://') ? findInAddresses(text) : []),
    ...findInSchemes(text),
    ...(lower.includes('cookie') ? findInCookies(text) : []),
    ...findInLogins(text),
  ];
}

function findInAddresses(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const pattern of [ADDRESS, ORACLE]) {
    for (const match of text.matchAll(pattern)) {
      const [whole, value = ''] = match;
      if (value.length < 6 || isHarmless(value) || KNOWN_PASSWORD.test(value)) continue;
      if (/^[a-z]+(?:[-_][a-z]+)*$/i.test(value) && !looksSecret(value, 'password')) continue;
      if (!/[a-z\d]/i.test(value) || /^[%:]?\w+%$|^\w+:/.test(value)) continue;
      const start = match.index + whole.lastIndexOf(`:${value}@`) + 1;
      const oracle = match.index + whole.lastIndexOf(`/${value}@`) + 1;
      const at = pattern === ADDRESS ? start : oracle;
      found.push({ start: at, end: at + value.length, rule: 'password-in-url' });
    }
  }
  return found;
}

/** `Authorization: Bearer v`, `Basic dXNlcjpwYXNz`. */
function findInSchemes(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(SCHEME)) {
    const [whole, scheme, value] = match as unknown as [string, string, string];
    if (!(scheme.toLowerCase() === 'basic' ? isBasic(value) : looksSecret(value, 'hint'))) continue;
    const end = match.index + whole.length;
    found.push({ start: end - value.length, end, rule: 'credential-in-header' });
  }
  return found;
}

/** Whether it decodes to a user and a password that is more than a placeholder. */
function isBasic(value: string): boolean {
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  if (colon === -1 || !/^[\x20-\x7e]+$/.test(decoded)) return false;
  const password = decoded.slice(colon + 1);
  return looksSecret(password, 'password') || (colon <= 1 && looksSecret(decoded, 'hint'));
}

function findInCookies(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(COOKIE)) {
    const start = match.index + match[0].length;
    const line = text.slice(start, start + 1_000).replace(/\n.*/s, '');
    for (const part of line.matchAll(COOKIE_PART)) {
      const [whole, name, value] = part as unknown as [string, string, string];
      if (COOKIE_SETTING.test(name) || !looksSecret(value, 'hint')) continue;
      const end = start + part.index + whole.length;
      found.push({ start: end - value.length, end, rule: 'session-in-cookie' });
    }
  }
  return found;
}

/** `login('user', 'v')`, `auth=('user', 'v')`: the last of several literals. */
function findInLogins(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(LOGIN)) {
    const literals = literalsOfExpression(text, match.index + match[0].length, true);
    for (const { start, end, value } of literals.slice(1)) {
      if (looksSecret(value, 'hint')) found.push({ start, end, rule: 'password-in-login' });
    }
  }
  return found;
}
