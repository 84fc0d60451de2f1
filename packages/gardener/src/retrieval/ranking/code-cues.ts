/** What a question says, and what code writes for it. Each is asked for by a word and found by its spelling. */
const CUES: readonly { asked: RegExp; written: RegExp }[] = [
  {
    asked:
      /\b(?:exceptions?|errors?|rais(?:e[sd]?|ing)|throw(?:s|n|ing)?|fail(?:s|ed|ing|ures?)?|catch(?:es)?)\b/i,
    written: /\b(?:raise|throw|panic|reject|Err|abort|die)\b/,
  },
  {
    asked: /\benv(?:ironment)?s?\b/i,
    written: /\benviron\b|getenv|process\.env|\benv::var|\bENV\b|\bsetenv/i,
  },
  {
    asked: /\b(?:defaults?|presets?|omit(?:s|ted)?|left out|leave out|without|unless)\b/i,
    written: /\w\)?\??\s*(?::[^=]+)?=(?![=>])|\?\?|\|\|/,
  },
  {
    asked: /\b(?:returns?|returned|results?|outputs?|yields?|gives?)\b/i,
    written: /->|\breturn\b|\byield\b|\)\s*:\s*[\w<[{]/,
  },
];

/** The cues of a query: what to look for in a line of code. */
export function cuesOf(query: string): RegExp[] {
  return CUES.filter(({ asked }) => asked.test(query)).map(({ written }) => written);
}
