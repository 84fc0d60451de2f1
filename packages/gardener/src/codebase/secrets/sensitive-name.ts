import type { SecretContext } from './secret-likeness.js';

// A word may be run into the one before it: `pgpassword`, `authtoken`.
const PASSWORD =
  /\b(?:\w*(?:password|passwd|passphrase|passcode|passwort|kennwort|motdepasse|contrasena)|\w*pwd|(?:db|admin|user|root|smtp|mail|mysql|pg|ftp|ldap|redis|login|my)? ?pass|pw|psw|senha|haslo)\b/;
const KEY =
  /\b(?:\w*(?:secret|apikey|secretkey|accesskey|authkey|authtoken|accesstoken)|secrets|credentials?|token|tokens|(?:api|app|application|access|auth|authorization|secret|private|encryption|encrypt|decryption|cipher|crypto|signing|signature|sign|master|account|shared|service|session|license|licence|admin|client|consumer|deploy|hmac|aes|jwt|webhook|integration|storage account|subscription|instrumentation|ingest|write|server|bot) ?(?:api )?keys?|authorization|auth)\b/;

// What follows the word says that the value is about the secret, and what stands before it that it is none.
const AFTER =
  /\b(?:fields?|labels?|urls?|uris?|names?|ids?|identifier|types?|headers?|hints?|placeholder|regex|regexp|pattern|paths?|files?|filename|dir|length|len|size|min|max|errors?|exception|messages?|msg|text|title|prompt|inputs?|hash|hashed|digest|salt|policy|expir\w*|lifetime|ttl|timeout|age|count|index|selector|class|classname|params?|parameter|prefix|suffix|format|algorithms?|alg|strength|reset|forgot|links?|page|routes?|endpoint|column|table|attributes?|attr|property|kind|status|state|provider|scheme|host|email|tooltip|icon|button|arn|ref|source|store|storage|manager|service|vault|version|usage|scope|scopes|issuer|audience|address|mint|symbol|color|colour|stream|position|pos|span|range|node|tree|map|list|set|budget|limit|counts|rotation|required|enabled|changed|invalid|mismatch|confirmation|visibility|toggle|encoding|charset|keyword|pub|public)\b/;
const BEFORE =
  /\b(?:no|not|is|has|have|hide|show|num|max|min|invalid|forgot|forget|reset|get|find|hash|hashed|encrypted|cancellation|cancel|continuation|page|next|sync|syntax|lexer|lexical|parser|punctuation|eos|bos|pad|unk|mask|masked|public|publishable|sort|primary|foreign|partition|cache|csrf|xsrf|id of|without|validate|check|compare|delete|remove|missing|by|design|color|colour|theme|spacing)\b/;

/** How surely a value given to this name is a secret, or null where the name speaks for none. */
export function contextOfName(name: string): Exclude<SecretContext, 'hint'> | null {
  const words = wordsOf(name);
  for (const [pattern, context] of [
    [PASSWORD, 'password'],
    [KEY, 'key'],
  ] as const) {
    const found = pattern.exec(words);
    if (found === null) continue;
    const after = words.slice(found.index + found[0].length);
    const before = words.slice(0, found.index);
    // Of a dotted path the last part counts: `auth.token.secret`.
    if (AFTER.test(after) && !pattern.test(after)) continue;
    if (BEFORE.test(before)) continue;
    return context;
  }
  return null;
}

/** `twilioAuthToken`, `AWS_SECRET_ACCESS_KEY`, `X-Api-Key` to their words in lower case. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z]+/g, ' ')
    .trim()
    .toLowerCase();
}
