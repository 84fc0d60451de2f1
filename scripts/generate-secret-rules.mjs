// Writes packages/gardener/src/codebase/secrets/secret-rules.generated.ts from the rule list of gitleaks (MIT), which
// its maintainers renew with every release: each rule's RE2 pattern becomes a JavaScript one.
//   node scripts/generate-secret-rules.mjs <gitleaks.toml> <its version>
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'smol-toml';

const TARGET = 'packages/gardener/src/codebase/secrets/secret-rules.generated.ts';
// Before a key's name these only widen what is reported; left in, a long run of letters costs 2,500 steps a letter.
const WIDENING = /^(\(\?i\)|\(\?i:)?\[\\w\.-\]\{0,50\}\?/;
// RE2 takes time in proportion to the text; with `.*` a JavaScript pattern may take its square.
const LONGEST_GAP = 200;
// How rules that go by the name before the value introduce it, and how most rules want a token to end.
const ASSIGNED = '[\\x60\'"\\s=]{0,5}(';
const END = '(?:[\\x60\'"\\s;]|\\\\[nr]|$)';
const WIDER_END = '(?:[\\x60\'"\\s;.,:)\\]}<>|]|\\\\[nr]|$)';

const [file, version] = process.argv.slice(2);
if (file === undefined || version === undefined) {
  process.stderr.write('usage: node scripts/generate-secret-rules.mjs <gitleaks.toml> <version>\n');
  process.exit(2);
}
const config = parse(readFileSync(file, 'utf8'));
// A rule without a pattern is about a file's name: path-rules.ts has those.
const rules = config.rules.filter(({ regex }) => regex !== undefined);
const text = `// Written by scripts/generate-secret-rules.mjs from the rule list of gitleaks ${version}; not to be changed by hand.
// gitleaks is Copyright (c) 2019 Zachary Rice, MIT License: https://github.com/gitleaks/gitleaks/blob/master/LICENSE
import type { SecretAllowance, SecretRule } from './secret-rule.js';

/** Values that are no secret, whatever rule finds them. */
export const HARMLESS_VALUES: SecretAllowance = ${allowance(config.allowlist)};

export const SECRET_RULES: readonly SecretRule[] = [
${rules.map(ruleText).join('\n')}
];
`;
writeFileSync(TARGET, text);
process.stdout.write(`${TARGET}: ${rules.length} rules\n`);

function ruleText({ id, regex, path, keywords = [], entropy, secretGroup, allowlists = [] }) {
  const parts = [
    `id: ${JSON.stringify(id)}`,
    `pattern: ${literal(regex, 'g')}`,
    `keywords: ${JSON.stringify(keywords.map((keyword) => keyword.toLowerCase()))}`,
    ...(path === undefined ? [] : [`path: ${literal(path)}`]),
    ...(entropy === undefined ? [] : [`entropy: ${entropy}`]),
    ...(secretGroup === undefined ? [] : [`group: ${secretGroup}`]),
    ...(allowlists.length === 0 ? [] : [`allowed: [${allowlists.map(allowance).join(', ')}]`]),
  ];
  return `  { ${parts.join(', ')} },`;
}

/** An entry of an allow list; the global one's paths are what the walk leaves out anyway. */
function allowance({ condition, paths, regexes, regexTarget, stopwords }) {
  const isLocal = paths !== config.allowlist.paths;
  const parts = [
    ...(regexes === undefined ? [] : [`patterns: [${regexes.map((regex) => literal(regex)).join(', ')}]`]),
    ...(regexTarget === undefined ? [] : [`target: ${JSON.stringify(regexTarget)}`]),
    ...(stopwords === undefined
      ? []
      : [`words: ${JSON.stringify(stopwords.map((word) => word.toLowerCase()))}`]),
    ...(paths === undefined || !isLocal ? [] : [`paths: [${paths.map((path) => literal(path)).join(', ')}]`]),
    ...(condition?.toUpperCase() === 'AND' ? ['all: true'] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

function literal(re2, flags = '') {
  // A rule that knows the token's own shape also finds it at the end of a sentence or an argument.
  const closed = re2.includes(ASSIGNED) ? re2 : re2.replace(END, () => WIDER_END);
  let source = closed.replaceAll(
    /(?<!\\)\.([*+])/g,
    (_all, sign) => `.{${sign === '+' ? 1 : 0},${LONGEST_GAP}}`,
  );
  while (WIDENING.test(source)) source = source.replace(WIDENING, (_all, prefix = '') => prefix);
  const isWhollyInsensitive = source.startsWith('(?i)') && !source.includes('(?-i:');
  const translated = translate(isWhollyInsensitive ? source.slice(4) : source, isWhollyInsensitive);
  return `/${new RegExp(translated).source}/${flags}${isWhollyInsensitive ? 'i' : ''}`;
}

/** RE2's inline flags, classes and anchors in JavaScript's words; letters are spelled in both cases where `i` is on. */
function translate(source, isInsensitive) {
  let out = '';
  let flags = { i: false, s: false };
  const stack = [];
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') {
      const escaped = source[++at];
      if (escaped === 'z') out += '(?![\\s\\S])';
      else if (escaped === 'x') {
        out += `\\x${source.slice(at + 1, at + 3)}`;
        at += 2;
      } else out += `\\${escaped}`;
    } else if (character === '[') {
      const end = classEnd(source, at);
      out += characterClass(source.slice(at + 1, end), flags.i);
      at = end;
    } else if (character === '(') {
      const inline = /^\(\?([ims]*)(?:-([ims]+))?([:)])/.exec(source.slice(at));
      const named = /^\(\?P?<(\w+)>/.exec(source.slice(at));
      const changed = { ...flags };
      for (const flag of inline?.[1] ?? '') changed[flag] = true;
      for (const flag of inline?.[2] ?? '') changed[flag] = false;
      if (inline?.[3] === ')') flags = changed;
      else {
        stack.push(flags);
        flags = changed;
        out += inline ? '(?:' : '(';
      }
      if (inline ?? named) at += (inline ?? named)[0].length - 1;
    } else if (character === ')') {
      flags = stack.pop();
      out += ')';
    } else if (character === '.' && flags.s) out += '[\\s\\S]';
    else if (flags.i && !isInsensitive && /[a-z]/i.test(character)) {
      out += `[${character.toLowerCase()}${character.toUpperCase()}]`;
    } else out += character;
  }
  return out;
}

function classEnd(source, start) {
  let at = start + 1;
  if (source[at] === '^') at++;
  if (source[at] === ']') at++;
  for (; source[at] !== ']'; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith('[:', at)) at = source.indexOf(':]', at) + 1;
  }
  return at;
}

function characterClass(body, isInsensitive) {
  let inner = body.replace('[:alnum:]', '0-9A-Za-z').replace(/^(\^?)\]/, '$1\\]');
  if (isInsensitive) {
    // An escape's letter is not one; ranges and single letters gain the other case.
    const letters = inner.replace(/\\./g, '').match(/[a-z]-[a-z]|[a-z]/gi) ?? [];
    for (const each of letters)
      inner += each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase();
  }
  return `[${inner}]`;
}
