/** What a query names outright. */
export interface QueryNames {
  /** Last parts of identifiers in lower case, as the table's symbolName column holds them. */
  symbols: string[];
  /** Paths or ends of paths, such as `store.ts` or `retrieval/store.ts`. */
  paths: string[];
  /** The query is one or two words and they are these. */
  isWholeQuery: boolean;
}

const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]*(?:(?:\.|::|#|->)[\p{L}_$][\p{L}\p{N}_$]*)*/gu;
/** Capitals inside, underscores, digits, a call or a qualified name: nobody writes plain words so. */
const LOOKS_LIKE_CODE = /[\p{Ll}\p{N}]\p{Lu}|_|\p{L}\p{N}|[.:#>]/u;
/** Runs of characters that paths are made of; each is matched once, so a long query takes linear time. */
const PATH_RUN = /[\p{L}\p{N}_@.+/\\-]+/gu;
const FILE_NAME = /[\p{L}\p{N}_]\.[\p{L}\p{N}]{1,8}$/u;
/** A query of so few words may be an identifier without looking like one: `search`, `open file`. */
const SHORT_QUERY_WORDS = 2;
const MAX_NAMES = 16;
const MAX_PATH_CHARACTERS = 1_000;

/** The identifiers and paths that a query names. Sentences give none unless a word of theirs looks like code. */
export function namesInQuery(query: string): QueryNames {
  const words = query.trim().split(/\s+/);
  const symbols = new Set<string>();
  for (const match of query.matchAll(IDENTIFIER)) {
    const [identifier] = match;
    const isCall = query[match.index + identifier.length] === '(';
    const quoted = query[match.index - 1] === '`';
    if (words.length > SHORT_QUERY_WORDS && !isCall && !quoted && !LOOKS_LIKE_CODE.test(identifier)) continue;
    symbols.add((identifier.split(/[.:#>-]+/).at(-1) ?? identifier).toLowerCase());
  }
  const paths = new Set<string>();
  for (const [run] of query.matchAll(PATH_RUN)) {
    const path = run
      .replaceAll('\\', '/')
      .replace(/^\.?\//, '')
      .replace(/[./]$/, '');
    if (path.length <= MAX_PATH_CHARACTERS && (path.includes('/') || FILE_NAME.test(path))) paths.add(path);
  }
  return {
    symbols: [...symbols].slice(0, MAX_NAMES),
    paths: [...paths].slice(0, MAX_NAMES),
    isWholeQuery: words.length <= SHORT_QUERY_WORDS,
  };
}
