/** What a query names outright. */
export interface QueryNames {
  /** Last parts of identifiers in lower case, as the table's `names` column holds them. */
  symbols: string[];
  /** The same as the query spells them. */
  exact: ReadonlySet<string>;
  /** The parts of those that it spells with what they belong to: `Client.get`, `fs::read`, `Set#add`, `list->next`. */
  qualified: readonly (readonly string[])[];
  /** Words in the middle of a sentence that begin with a capital and may be names of types: `Router`, `Table`. */
  capitalised: ReadonlySet<string>;
  /** Paths or ends of paths, such as `store.ts` or `retrieval/store.ts`. */
  paths: string[];
  /** The query is one name or path and nothing else. */
  isWholeQuery: boolean;
}

const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]*(?:(?:\.|::|#|->)[\p{L}_$][\p{L}\p{N}_$]*)*/gu;
/** `operator==`, `operator()`, `operator bool`. */
const OPERATOR = /\boperator\s?(?:[^\s\p{L}\p{N}_"'`.]{1,3}|(?:bool|new|delete)\b)/gu;
/** `clean-merged-branches`: shell, CSS, Lisp, make. A bound keeps hostile runs of them quick. */
const DASHED = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_]{1,60}(?:-[\p{L}\p{N}_]{1,60}){1,8}[?!]?/gu;
/** Capitals inside, underscores, digits, a call or a qualified name: nobody writes plain words so. */
const LOOKS_LIKE_CODE = /[\p{Ll}\p{N}]\p{Lu}|_|\p{L}\p{N}|[.:#>$]/u;
const CAPITALISED = /^\p{Lu}\p{Ll}/u;
/** Runs of characters that paths are made of; each is matched once, so a long query takes linear time. */
const PATH_RUN = /[\p{L}\p{N}_@.+/\\-]+/gu;
const FILE_NAME = /[\p{L}\p{N}_]\.[\p{L}\p{N}]{1,8}$/u;
/** A query of so few words may be an identifier without looking like one: `search`, `open file`. */
const SHORT_QUERY_WORDS = 2;
const MAX_NAMES = 16;
const MAX_PATH_CHARACTERS = 1_000;
const MAX_NAME_CHARACTERS = 200;

/** The identifiers and paths that a query names. Sentences give none unless a word of theirs looks like code. */
export function namesInQuery(query: string): QueryNames {
  const words = query.trim().split(/\s+/);
  const isShort = words.length <= SHORT_QUERY_WORDS;
  const exact = new Set<string>();
  const capitalised = new Set<string>();
  const qualified = new Map<string, string[]>();
  const add = (names: Set<string>, name: string) => {
    if (names.size < MAX_NAMES && name.length <= MAX_NAME_CHARACTERS) names.add(name);
  };
  for (const [operator] of query.matchAll(OPERATOR)) add(exact, operator.replace(/\s(?!\p{L})/u, ''));
  for (const match of query.matchAll(IDENTIFIER)) {
    const [identifier] = match;
    const after = query.charAt(match.index + identifier.length);
    const isQuoted = query[match.index - 1] === '`';
    const parts = identifier.split(/[.:#>-]+/);
    const last = parts.at(-1) ?? identifier;
    if (parts.length > 1 && qualified.size < MAX_NAMES && identifier.length <= MAX_NAME_CHARACTERS)
      qualified.set(identifier, parts);
    if (isShort || after === '(' || isQuoted || LOOKS_LIKE_CODE.test(identifier)) {
      // Ruby, Scala and Swift have names that end so.
      if (after === '?' || after === '!' || (after === '=' && isQuoted)) add(exact, last + after);
      add(exact, last);
    } else if (CAPITALISED.test(identifier)) add(capitalised, identifier);
  }
  for (const [dashed] of query.matchAll(DASHED)) add(exact, dashed);
  const paths = new Set<string>();
  for (const [run] of query.matchAll(PATH_RUN)) {
    const path = run
      .replaceAll('\\', '/')
      .replace(/^\.?\//, '')
      .replace(/[./]$/, '');
    if (path.length <= MAX_PATH_CHARACTERS && (path.includes('/') || FILE_NAME.test(path))) paths.add(path);
  }
  return {
    symbols: [...new Set([...exact].map((name) => name.toLowerCase()))],
    exact,
    qualified: [...qualified.values()],
    capitalised,
    paths: [...paths].slice(0, MAX_NAMES),
    isWholeQuery: words.length === 1,
  };
}
