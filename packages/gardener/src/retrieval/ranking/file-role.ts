import { findLanguage } from '../../codebase/languages/languages.js';
import { remembered } from './remembered.js';

/** What a file is for, as far as a search should know. */
export type FileRole =
  | 'source'
  | 'test'
  | 'benchmark'
  | 'example'
  | 'documentation'
  | 'changelog'
  | 'configuration'
  | 'legacy';

const PATHS: readonly [role: FileRole, path: RegExp][] = [
  ['changelog', /(?:^|\/)(?:changelog|changes|history|news|releases?)(?:[._-][^/]*)?(?:\.\w+)?$/i],
  [
    'benchmark',
    /(?:^|\/)(?:bench|benches|benchmarks?|perf)(?:\/)|(?:^|[/_.-])bench(?:mark)?s?\.\w+$|_benchmark\b|(?<=[a-z\d])Benchmarks?\.\w+$/,
  ],
  [
    'test',
    /(?:^|\/)(?:tests?|specs?|__tests__|__mocks__|testdata|testing|test[-_]?(?:utils?|helpers?|support)|fixtures?|e2e|mocks?)\/|(?:^|\/)(?:test_[^/]*|conftest)\.\w+$|[._-](?:tests?|specs?|e2e|fixtures?|mock)\.[\w.]+$|_test_|(?<=[a-z\d])(?:Tests?|Specs?)\.\w+$|(?:^|\/)(?:src\/)?(?:test|androidTest)\//,
  ],
  [
    'example',
    /(?:^|\/)(?:examples?|samples?|demos?|tutorials?|playground|_examples?)\/|(?:^|[/_.-])examples?\.\w+$/i,
  ],
  ['documentation', /(?:^|\/)(?:docs?|documentation|website|site)\/.*\.(?:md|mdx|rst|txt|html|adoc)$/i],
  ['legacy', /(?:^|\/)(?:deprecated|legacy|compat|_compat|old)(?:\/|\.\w+$)/i],
];

/** What asks for such files. */
const ASKED: Record<Exclude<FileRole, 'source'>, RegExp> = {
  test: /\b(?:un)?tests?\b|\btest(?:ed|ing|s)\b|\bspecs?\b|\bmock(?:s|ed|ing)?\b|\bfixtures?\b/i,
  benchmark: /\bbench(?:mark)?(?:s|ed|ing)?\b|\bperformance\b/i,
  example: /\bexamples?\b|\bsamples?\b|\bdemos?\b|\btutorials?\b/i,
  documentation: /\bdoc(?:s|umented|umentation)?\b|\breadme\b|\bguide\b|\bmanual\b|\bexplain(?:s|ed)?\b/i,
  changelog: /\bchange(?:log|s|d)?\b|\brelease(?:s|d)?\b|\bversions?\b|\bhistory\b/i,
  configuration:
    /\bconfig(?:s|uration|ured?)?\b|\bsettings?\b|\.(?:ya?ml|json|toml|ini)\b|\bdependenc(?:y|ies)\b|\bworkflows?\b/i,
  legacy: /\bdeprecat(?:ed|ion)\b|\blegacy\b|\bcompat\b|\bcompatib/i,
};

/** What a path alone says of a file; null when it says nothing. */
const roleOfPath = remembered(
  (path): FileRole | null => PATHS.find(([, pattern]) => pattern.test(path))?.[0] ?? null,
);

/** What a file is for, by its path and language. */
export function fileRole(path: string, language: string): FileRole {
  const role = findLanguage(language)?.role;
  const byPath = roleOfPath(path);
  // A `history.py` is code.
  if (byPath !== null && !(byPath === 'changelog' && role === 'code')) return byPath;
  if (role === 'prose') return 'documentation';
  return role === 'data' ? 'configuration' : 'source';
}

/** The roles that a query asks for: files of these are not weighted down. */
export function askedRoles(query: string): ReadonlySet<FileRole> {
  const roles = new Set<FileRole>(['source']);
  for (const [role, pattern] of Object.entries(ASKED)) if (pattern.test(query)) roles.add(role as FileRole);
  return roles;
}
